using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Telemetry;

namespace Espresso.Mesh.Tests;

/// <summary>An answer or a clear refusal before the deadline.</summary>
[Collection(MeshCollection.Name)]
public sealed class DeadlineTests(SharedMesh mesh)
{
    [Fact]
    public async Task Infer_DeadlineOfAMillisecond_IsToldToBePassed()
    {
        var reply = await mesh.Client.Post("models=depth&deadline_ms=1", MeshClient.Bytes(Scene.Picture));

        reply.ShouldBeProblem(HttpStatusCode.GatewayTimeout, "deadline_exceeded");
    }

    [Fact]
    public async Task Infer_DeadlineInTheHeader_Counts()
    {
        var reply = await mesh.Client.Post("models=depth", MeshClient.Bytes(Scene.Picture), ("X-Deadline-Ms", "1"));

        reply.ShouldBeProblem(HttpStatusCode.GatewayTimeout, "deadline_exceeded");
    }

    [Fact]
    public async Task Infer_ModelThatHangs_LosesThatResultOnly()
    {
        var hung = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "hung", "1.0"), "--simulated", "1,1");
        hung.Freeze();
        try
        {
            // Long enough for depth on a busy machine.
            var reply = (await mesh.Client.Post("models=depth,hung&deadline_ms=5000", MeshClient.Bytes(Scene.Picture))).ShouldBeOk();

            reply.Result("depth").GetProperty("status").GetString().ShouldBe("ok");
            reply.Result("hung").GetProperty("status").GetString().ShouldBe("deadline");
            reply.Result("hung").GetProperty("reason").GetString().ShouldBe("deadline_exceeded");
        }
        finally
        {
            hung.Thaw();
            await mesh.Mesh.Dismiss(hung);
        }
    }

    [Fact]
    public async Task Infer_QueueLongerThanTheDeadline_DropsWhatWouldBeLate()
    {
        var slow = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "slow", "1.0"), "--simulated", "400,0", "--max-batch", "1");
        try
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => mesh.Client.Post("models=slow&deadline_ms=2000", MeshClient.Bytes(Scene.Picture))));

            foreach (var late in replies.Where(reply => reply.Status != HttpStatusCode.OK))
                late.ShouldBeProblem(HttpStatusCode.GatewayTimeout, "deadline_exceeded");
            replies.Count(reply => reply.Status == HttpStatusCode.OK).ShouldBeLessThanOrEqualTo(5, "each takes the device for 400 ms");
            using var client = new MeshClient((await slow.Listening()).Http);
            var metrics = new PrometheusPage((await client.Get("/metrics")).Text);
            metrics.Sum("espresso_minion_finished_total", "outcome=\"dropped\"").ShouldBePositive("they cost the device nothing");
            metrics.Sum("espresso_minion_finished_total", "outcome=\"done\"").ShouldBeLessThanOrEqualTo(6);
        }
        finally
        {
            await mesh.Mesh.Dismiss(slow);
        }
    }
}
