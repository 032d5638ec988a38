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
    public async Task Infer_DeadlineOfAMillisecond_IsToldToBeTooShort()
    {
        var reply = await mesh.Client.Post("models=depth&deadline_ms=1", MeshClient.Bytes(Scene.Picture));

        ShouldTellOfTheDeadline(reply);
    }

    [Fact]
    public async Task Infer_DeadlineInTheHeader_Counts()
    {
        var reply = await mesh.Client.Post("models=depth", MeshClient.Bytes(Scene.Picture), ("X-Deadline-Ms", "1"));

        ShouldTellOfTheDeadline(reply);
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
    public async Task Infer_QueueLongerThanTheDeadline_RefusesOrDropsWhatWouldBeLate()
    {
        const int Offered = 40;
        const int DeviceMs = 1000;
        const int DeadlineMs = 4000; // on a busy machine forty decodes take long before the device has its first
        var slow = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "slow", "1.0"), "--simulated", $"{DeviceMs},0", "--max-batch", "1");
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            var replies = await Task.WhenAll(Enumerable.Range(0, Offered).Select(_ => mesh.Client.Post($"models=slow&deadline_ms={DeadlineMs}", MeshClient.Bytes(Scene.Picture))));
            var couldRun = (TimeProvider.System.GetElapsedTime(began).TotalMilliseconds / DeviceMs) + 1;
            (await mesh.Client.Infer(Scene.Picture, "slow")).ShouldBeOk(); // the last in the queue: what stood before it is over

            replies.ShouldContain(reply => reply.Status == HttpStatusCode.OK, string.Join("\n", replies.Select(reply => reply.Text)));
            foreach (var late in replies.Where(reply => reply.Status != HttpStatusCode.OK))
                ShouldTellOfTheDeadline(late);
            using var client = new MeshClient((await slow.Listening()).Http);
            var metrics = new PrometheusPage((await client.Get("/metrics")).Text);
            metrics.Sum("espresso_minion_pending").ShouldBe(0);
            metrics.Sum("espresso_minion_finished_total", "outcome=\"done\"").ShouldBeLessThanOrEqualTo(couldRun + 2, "what is late costs the device nothing; its own first call and the last one are two more");
        }
        finally
        {
            await mesh.Mesh.Dismiss(slow);
        }
    }

    /// <summary>Refused at the door or given up on the way where a forecast sees it coming, else ended when the time is over: which of them is a matter of milliseconds.</summary>
    private static void ShouldTellOfTheDeadline(Reply reply)
    {
        var reason = reply.Json.GetProperty("reason").GetString()!;
        reason.ShouldBeOneOf("deadline_exceeded", "deadline_unmeetable");
        if (reply.Status == HttpStatusCode.TooManyRequests)
        {
            reply.ShouldBeProblem(HttpStatusCode.TooManyRequests, "deadline_unmeetable");
            reply.RetryAfter.ShouldNotBeNull();
        }
        else
        {
            reply.ShouldBeProblem(HttpStatusCode.GatewayTimeout, reason);
        }
    }
}
