using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Telemetry;

namespace Espresso.Mesh.Tests;

/// <summary>More is offered than a model can take.</summary>
[Collection(MeshCollection.Name)]
public sealed class OverloadTests(SharedMesh mesh)
{
    private const int Cap = 10;
    private const int Offered = 60;

    private static readonly string[] Labels = ["model=\"narrow\"", "version=\"2.5\""];

    /// <summary>The model comes as one folder into a mesh that runs and is told nothing; 200 ms and 300 an item make it slow enough.</summary>
    [Fact]
    public async Task Infer_SixtyAtOnceForAModelThatTakesTen_AreAnsweredOrRefusedAtOnce()
    {
        var folder = mesh.Mesh.Folders.CopyOf("depth/0.1", "narrow", "2.5");
        var minion = await mesh.Mesh.StartMinion(folder, "--simulated", "200,300", "--max-pending", $"{Cap}");
        try
        {
            var decodedBefore = await Decoded();
            var replies = await Task.WhenAll(Enumerable.Range(0, Offered).Select(_ => mesh.Client.Infer(Scene.Picture, "narrow")));

            var accepted = replies.Where(reply => reply.Status == HttpStatusCode.OK).ToList();
            var refused = replies.Except(accepted).ToList();
            accepted.Count.ShouldBeGreaterThanOrEqualTo(Cap);
            refused.ShouldNotBeEmpty();
            foreach (var reply in refused)
            {
                reply.ShouldBeProblem(HttpStatusCode.TooManyRequests, "queue_full").Detail.ShouldContain("narrow@2.5");
                reply.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
            }

            Median(refused).ShouldBeLessThan(Median(accepted), "a refusal waits for nobody");
            accepted.ShouldAllBe(reply => reply.Result("narrow").GetProperty("status").GetString() == "ok");
            (await Decoded() - decodedBefore).ShouldBe(accepted.Count, "no picture is decoded in vain");
            accepted.Max(reply => reply.Result("narrow").GetProperty("timings").GetProperty("batch_size").GetInt32()).ShouldBeGreaterThan(1, "what waited went together");
            (await Rejections()).ShouldBe(refused.Count);
            await ItsCountsAddUp((await minion.Listening()).Http, accepted.Count);
        }
        finally
        {
            await mesh.Mesh.Dismiss(minion);
        }
    }

    private static TimeSpan Median(List<Reply> replies) => replies.Select(reply => reply.Took).Order().ElementAt(replies.Count / 2);

    private static async Task ItsCountsAddUp(Uri minion, int accepted)
    {
        using var client = new MeshClient(minion);
        var metrics = new PrometheusPage((await client.Get("/metrics")).Text);
        metrics.Sum("espresso_minion_received_total", Labels).ShouldBe(accepted + 1, "its own first call is one");
        metrics.Sum("espresso_minion_finished_total", [.. Labels, "outcome=\"done\""]).ShouldBe(accepted + 1);
        metrics.Sum("espresso_minion_pending", Labels).ShouldBe(0);
    }

    private async Task<double> Rejections() =>
        new PrometheusPage((await mesh.Client.Get("/metrics")).Text).Sum("espresso_coordinator_rejections_total", [.. Labels, "reason=\"queue_full\""]);

    private async Task<double> Decoded()
    {
        using var client = new MeshClient((await mesh.Preprocessor.Listening()).Http);
        return new PrometheusPage((await client.Get("/metrics")).Text).Sum("espresso_preprocessor_work_seconds_count", "operation=\"decode\"");
    }
}
