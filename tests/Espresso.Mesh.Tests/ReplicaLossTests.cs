using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;
using Espresso.Mesh.Tests.Telemetry;

namespace Espresso.Mesh.Tests;

/// <summary>One of two replicas goes while sixteen callers are at it. Nobody notices.</summary>
[Collection(MeshCollection.Name)]
public sealed class ReplicaLossTests(SharedMesh mesh)
{
    private const int Callers = 16;
    private const int Requests = 112;
    private const int BeforeTheLoss = 40;

    [Fact]
    public async Task Minion_KilledUnderLoad_LosesNoRequest()
    {
        var (first, second) = await Twins("twin-killed");
        var failoversBefore = await Failovers();

        var replies = await UnderLoad("twin-killed", first.Kill);
        await mesh.Mesh.Forget(first);

        replies.ShouldAllBe(reply => reply.Status == HttpStatusCode.OK);
        (await Failovers()).ShouldBeGreaterThan(failoversBefore, "it was killed while it had work");
        await OnlyTheOtherServes("twin-killed", second);
        await mesh.Mesh.Dismiss(second);
    }

    [Fact]
    public async Task Minion_TerminatedUnderLoad_DrainsAndLosesNoRequest()
    {
        var (first, second) = await Twins("twin-drained");

        var replies = await UnderLoad("twin-drained", first.Terminate);
        (await first.Exited.WaitAsync(MeshProcess.Patience)).ShouldBe(0, first.Output);
        first.Output.ShouldContain(" drained");
        await mesh.Mesh.Forget(first);

        replies.ShouldAllBe(reply => reply.Status == HttpStatusCode.OK);
        await OnlyTheOtherServes("twin-drained", second);
        await mesh.Mesh.Dismiss(second);
    }

    [Fact]
    public async Task Preprocessor_KilledUnderLoad_LosesNoRequest()
    {
        var model = mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "quick", "1.0"), "--simulated", "1,1");
        var second = await mesh.Mesh.StartPreprocessor();
        var minion = await model;

        var replies = await UnderLoad("quick", second.Kill);
        await mesh.Mesh.Forget(second);

        replies.ShouldAllBe(reply => reply.Status == HttpStatusCode.OK);
        (await mesh.Client.Infer(Scene.Picture, "quick")).ShouldBeOk();
        await mesh.Mesh.Dismiss(minion);
    }

    /// <summary>Two replicas of a simulated accelerator: batches of some 70 ms, so that there is always one in flight.</summary>
    private async Task<(MeshProcess First, MeshProcess Second)> Twins(string model)
    {
        var folder = mesh.Mesh.Folders.CopyOf("depth/0.1", model, "1.0");
        var twins = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => mesh.Mesh.StartMinion(folder, "--simulated", "50,3")));
        (await Replicas(model)).ShouldBe(2);
        return (twins[0], twins[1]);
    }

    /// <summary>Each caller asks again as soon as it has its answer; in the middle of it something happens.</summary>
    private async Task<List<Reply>> UnderLoad(string model, Action happens)
    {
        var (asked, answered) = (0, 0);
        var replies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var mine = new List<Reply>();
            while (Interlocked.Increment(ref asked) <= Requests)
            {
                mine.Add(await mesh.Client.Infer(Scene.Picture, model));
                if (Interlocked.Increment(ref answered) == BeforeTheLoss)
                    happens();
            }

            return mine;
        }));
        return [.. replies.SelectMany(mine => mine)];
    }

    private async Task OnlyTheOtherServes(string model, MeshProcess other)
    {
        (await Replicas(model)).ShouldBe(1);
        var reply = (await mesh.Client.Infer(Scene.Picture, model)).ShouldBeOk();
        reply.Result(model).GetProperty("replica").GetString()!.ShouldContain($"-{other.Id}-");
    }

    private async Task<int> Replicas(string model) =>
        (await mesh.Client.Get("/v1/status")).Json.GetProperty("models").EnumerateArray()
            .Single(served => served.GetProperty("model").GetString() == model).GetProperty("replicas").GetArrayLength();

    private async Task<double> Failovers() =>
        new PrometheusPage((await mesh.Client.Get("/metrics")).Text).Sum("espresso_coordinator_failovers_total");
}
