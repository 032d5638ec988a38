using System.Net;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Leases;
using Espresso.Protos.Registry;
using Espresso.TestKit;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Two replicas, one of which misbehaves, and what a client notices: nothing, as far as there is time and budget.</summary>
public sealed class RoutingTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    private readonly FakeTime _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Load_InAReplysTrailers_CountsAtOnceAndOnlyIfItIsNewer()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var loads = new Queue<Load>([new Load { Pending = 7, BacklogMs = 250, AtUs = 20 }, new Load { Pending = 1, BacklogMs = 10, AtUs = 19 }]);
        mesh.Process.Models.Before["depth"] = context =>
        {
            context.ResponseTrailers.AddLoad(loads.Dequeue());
            return Task.CompletedTask;
        };
        for (var i = 0; i < 2; i++)
        {
            await Ask(mesh);
            var reported = mesh.Now.Models["depth"].Versions[0].Replicas[0].State.Reported;
            (reported.Pending, reported.BacklogMs).ShouldBe((7, 250));
        }

        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_OfARefusal_CountsToo()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        mesh.Process.Models.Before["depth"] = context =>
        {
            context.ResponseTrailers.AddLoad(new Load { Pending = 64, AtUs = 1 });
            throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromSeconds(1)));
        };
        (await Ask(mesh)).ShouldBe(HttpStatusCode.TooManyRequests);
        mesh.Now.Models["depth"].Versions[0].Replicas[0].State.Reported.Pending.ShouldBe(64);
    }

    [Fact]
    public async Task Replica_Silent_IsLeftForAnotherBeforeTheDeadline()
    {
        await using var mesh = await Twins();
        var hung = Hang(mesh);
        HttpStatusCode status;
        do
        {
            var running = Ask(mesh);
            if (await Task.WhenAny(running, hung.Began) != running)
                _time.Advance(TimeSpan.FromSeconds(2));
            status = await running;
        }
        while (status == HttpStatusCode.OK && !hung.Began.IsCompleted);

        status.ShouldBe(HttpStatusCode.OK);
        await hung.Ended; // the call was cancelled there
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Replica_SilentAndAlone_IsWaitedFor()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Depth());
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var running = Ask(mesh);
        await began.Task;
        _time.Advance(TimeSpan.FromSeconds(30));
        goOn.SetResult();
        (await running).ShouldBe(HttpStatusCode.OK);
        mesh.Process.Models.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Lease_ExpiringInSilence_SendsItsCallsElsewhereAtOnce()
    {
        await using var mesh = await Twins();
        var hung = Hang(mesh);
        var registry = mesh.App.Services.GetRequiredService<ReplicaRegistry>();
        Task<HttpStatusCode> running;
        while (await Task.WhenAny(running = Ask(mesh), hung.Began) == running)
            (await running).ShouldBe(HttpStatusCode.OK);
        var stopped = mesh.Now.Models["depth"].Versions[0].Replicas.Single(replica => replica.InFlight > 0);
        registry.Leave(stopped, "no report", silent: true);
        (await running).ShouldBe(HttpStatusCode.OK);
        stopped.InFlight.ShouldBe(0);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Replica_Failing_IsEjectedTriedAndTakenBack()
    {
        // Without retries every call to the broken one shows.
        await using var mesh = await Twins(options => options.RetryPercent = 0);
        mesh.Process.Models.Before["depth"] = context =>
        {
            context.GetHttpContext().Abort();
            return Task.CompletedTask;
        };
        (await Ask(mesh, 40)).Count(status => status == HttpStatusCode.ServiceUnavailable).ShouldBe(ReplicaHealth.Patience);
        mesh.Now.Models["depth"].Versions[0].Replicas.Select(replica => replica.State.Health).ShouldBe(["ejected", "live"], ignoreOrder: true);

        _time.Advance(TimeSpan.FromSeconds(1));
        (await Ask(mesh, 40)).Count(status => status == HttpStatusCode.ServiceUnavailable).ShouldBe(1); // the trial
        mesh.Process.Models.Calls.ShouldBe(ReplicaHealth.Patience + 1);

        mesh.Process.Models.Before.Clear();
        _time.Advance(TimeSpan.FromSeconds(2));
        (await Ask(mesh, 40)).ShouldAllBe(status => status == HttpStatusCode.OK);
        mesh.Process.Models.Calls.ShouldBeGreaterThan(ReplicaHealth.Patience + 3);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Retries_WhenTheBudgetIsEmpty_LeaveTheFailureAsItIs()
    {
        await using var mesh = await Twins(options => options.RetryPercent = 1);
        var route = mesh.Now.Models["depth"].Versions[0].Route;
        while (route.Retries.TrySpend(_time.Uptime()))
        {
        }

        Full(mesh.Process);
        // Fullness is no reason to eject, so about half of the calls meet the full one.
        var statuses = await Ask(mesh, 40);
        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
        statuses.ShouldContain(HttpStatusCode.OK);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hedge_AfterTheP95_IsAnsweredByTheOtherAndCancelsTheFirst()
    {
        await using var mesh = await Twins(options => options.HedgePercent = 50);
        await Ask(mesh, 120); // all within no time, so the p95 is the smallest step
        var hung = Hang(mesh);
        Task<HttpStatusCode> running;
        while (await Task.WhenAny(running = Ask(mesh), hung.Began) == running)
            (await running).ShouldBe(HttpStatusCode.OK);
        _time.Advance(TimeSpan.FromMilliseconds(1)); // far from silence
        (await running).ShouldBe(HttpStatusCode.OK);
        await hung.Ended;
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hedging_ByDefault_MakesNoSecondCalls()
    {
        await using var mesh = await Twins();
        await Ask(mesh, 120);
        var hung = Hang(mesh);
        Task<HttpStatusCode> running;
        while (await Task.WhenAny(running = Ask(mesh), hung.Began) == running)
            (await running).ShouldBe(HttpStatusCode.OK);
        _time.Advance(TimeSpan.FromMilliseconds(1_000));
        running.IsCompleted.ShouldBeFalse();
        hung.GoOn();
        (await running).ShouldBe(HttpStatusCode.OK);
        await mesh.ShouldBeEmpty();
    }

    private static void Full(FakeProcess process) => process.Models.Before["depth"] =
        _ => throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromMilliseconds(1)));

    /// <summary>Two replicas of one version; the first one's process also plays the preprocessor.</summary>
    private async Task<TestMesh> Twins(Action<CoordinatorOptions>? configure = null)
    {
        var mesh = await TestMesh.Start(_time, configure ?? (_ => { }), Packages.Depth());
        await (await mesh.Add()).Join(Packages.Depth());
        return mesh;
    }

    private static Hung Hang(TestMesh mesh)
    {
        var (began, goOn, ended) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = async context =>
        {
            context.CancellationToken.Register(() => ended.TrySetResult());
            began.TrySetResult();
            await goOn.Task.WaitAsync(context.CancellationToken);
        };
        return new Hung(began.Task, ended.Task, goOn.SetResult);
    }

    private static async Task<HttpStatusCode> Ask(TestMesh mesh) =>
        (await mesh.Infer("?models=depth&deadline_ms=300000", Ten)).Response.StatusCode;

    private static async Task<List<HttpStatusCode>> Ask(TestMesh mesh, int times)
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < times; i++)
            statuses.Add(await Ask(mesh));
        return statuses;
    }

    private sealed record Hung(Task Began, Task Ended, Action GoOn);
}
