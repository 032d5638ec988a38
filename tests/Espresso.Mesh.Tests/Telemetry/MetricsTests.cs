using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests.Telemetry;

/// <summary>What operators see of every process after traffic.</summary>
[Collection(MeshCollection.Name)]
public sealed class MetricsTests(SharedMesh mesh)
{
    [Fact]
    public async Task Coordinator_AfterTraffic_TellsOfRequestsAndModels()
    {
        (await mesh.Client.Infer(Scene.Picture, "depth,segmentation,inpainting")).ShouldBeOk();
        await mesh.Client.Infer([], "depth");

        var page = await Page(mesh.Mesh.Coordinator);

        page.Sum("espresso_coordinator_requests_total", "status=\"Ok\"").ShouldBePositive();
        page.Sum("espresso_coordinator_requests_total", "reason=\"empty_body\"").ShouldBePositive();
        page.Sum("espresso_coordinator_request_duration_seconds_count").ShouldBePositive();
        page.Sum("espresso_coordinator_in_flight").ShouldBe(0);
        foreach (var package in SharedMesh.Packages)
            page.Sum("espresso_coordinator_replicas", Labels(package)).ShouldBe(1, package);
        foreach (var package in new[] { "depth/0.1", "segmentation/0.1", "inpainting/1.0" })
        {
            page.Sum("espresso_coordinator_step_duration_seconds_count", [.. Labels(package), "status=\"ok\""]).ShouldBePositive(package);
            page.Sum("espresso_coordinator_demand_seconds_total", Labels(package)).ShouldBePositive(package);
        }

        page.Sum("espresso_coordinator_preprocessors").ShouldBe(1);
    }

    [Fact]
    public async Task Preprocessor_AfterTraffic_TellsOfWorkAndRefusals()
    {
        (await mesh.Client.Infer(Scene.Picture, "segmentation")).ShouldBeOk();
        await mesh.Client.Infer(new byte[100], "depth");

        var page = await Page(mesh.Preprocessor);

        foreach (var operation in new[] { "decode", "encode" })
            page.Sum("espresso_preprocessor_work_seconds_count", $"operation=\"{operation}\"").ShouldBePositive(operation);
        page.Sum("espresso_preprocessor_wait_seconds_count").ShouldBePositive();
        page.Has("espresso_preprocessor_queue").ShouldBeTrue();
        page.Sum("espresso_preprocessor_refused_total", "reason=\"not_a_picture\"").ShouldBePositive();
    }

    [Fact]
    public async Task Minion_AfterTraffic_TellsOfQueueBatchesAndOutcomesByVersion()
    {
        (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();
        var minion = mesh.Mesh.Processes.Single(process => process.Name == "minion depth/0.1");

        var page = await Page(minion);

        var labels = Labels("depth/0.1");
        foreach (var histogram in new[] { "espresso_minion_queue_duration_seconds", "espresso_minion_compute_duration_seconds", "espresso_minion_batch_size" })
            page.Sum($"{histogram}_count", labels).ShouldBePositive(histogram);
        page.Sum("espresso_minion_batch_size_bucket", [.. labels, "le=\"1\""]).ShouldBePositive();
        foreach (var gauge in new[] { "espresso_minion_pending", "espresso_minion_running", "espresso_minion_backlog_seconds", "espresso_minion_rejected_total" })
            page.Has(gauge, labels).ShouldBeTrue(gauge);
        page.Sum("espresso_minion_received_total", labels)
            .ShouldBe(page.Sum("espresso_minion_finished_total", labels) + page.Sum("espresso_minion_pending", labels), "received = done + failed + dropped + pending");
    }

    [Fact]
    public async Task EveryProcess_Metrics_ArePrometheusText()
    {
        foreach (var process in mesh.Mesh.Processes)
            (await Page(process)).Has("dotnet_process_cpu_time_seconds_total").ShouldBeTrue(process.Name);
    }

    [Fact]
    public async Task EveryProcess_Health_IsServedOverHttp()
    {
        foreach (var process in mesh.Mesh.Processes)
        {
            using var client = new MeshClient((await process.Listening()).Http);
            (await client.Get("/livez")).ShouldBeOk();
            (await client.Get("/readyz")).ShouldBeOk();
        }
    }

    private static string[] Labels(string package) => [$"model=\"{package.Split('/')[0]}\"", $"version=\"{package.Split('/')[1]}\""];

    private static async Task<PrometheusPage> Page(MeshProcess process)
    {
        using var client = new MeshClient((await process.Listening()).Http);
        var reply = (await client.Get("/metrics")).ShouldBeOk();
        reply.MediaType.ShouldStartWith("text/plain; version=0.0.4");
        return new PrometheusPage(reply.Text);
    }
}
