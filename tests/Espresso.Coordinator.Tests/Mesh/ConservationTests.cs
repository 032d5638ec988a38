using System.Collections.Concurrent;
using Espresso.Errors;
using Grpc.Core;

namespace Espresso.Coordinator.Tests.Mesh;

public sealed class ConservationTests
{
    /// <summary>Many requests at once, and behind them everything goes wrong in turn: each is answered, and nothing of any stays behind.</summary>
    [Fact]
    public async Task Requests_WhateverFails_LeaveNothingBehind()
    {
        const int Requests = 120;
        await using var mesh = await TestMesh.Start(
            TimeProvider.System, options => (options.MaxRequests, options.HedgePercent) = (40, 20),
            Packages.Depth(maxPending: 20), Packages.Segmentation(maxPending: 30), Packages.Inpainting(maxPending: 25));
        await (await mesh.Add()).Join(Packages.Depth(maxPending: 5));
        (await Status()).ShouldBe(200);
        var turn = 0;
        mesh.Process.Models.Before["depth"] = mesh.Process.Models.Before["segmentation"] = mesh.Process.Models.Before["inpainting"] = context =>
        {
            switch (Interlocked.Increment(ref turn) % 7)
            {
                case 1:
                    throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromMilliseconds(1)));
                case 2:
                    throw new InvalidOperationException("a bug");
                case 3:
                    context.GetHttpContext().Abort();
                    return Task.CompletedTask;
                case 4:
                    return new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
                default:
                    return Task.CompletedTask;
            }
        };

        var statuses = new ConcurrentBag<int>();
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 60 }, async (i, _) =>
        {
            using var leaves = new CancellationTokenSource();
            var picture = i % 11 == 0 ? [1, 2, 3] : FakePictures.File(40, 30, 10);
            var running = mesh.Infer("?models=depth,inpainting&deadline_ms=1500", picture, leaves.Token);
            if (i % 5 == 0)
                await leaves.CancelAsync();
            try
            {
                statuses.Add((int)(await running).Response.StatusCode);
            }
            catch (OperationCanceledException)
            {
                statuses.Add(0);
            }
        });

        statuses.Count.ShouldBe(Requests);
        statuses.ShouldBeSubsetOf([0, 200, 400, 429, 500, 503, 504]); // how many are which is the machine's speed
        await mesh.ShouldBeEmpty();

        async Task<int> Status() => (int)(await mesh.Infer("?models=depth,inpainting", FakePictures.File(40, 30, 10), CancellationToken.None)).Response.StatusCode;
    }
}
