using System.Collections.Concurrent;
using System.Diagnostics;

namespace Espresso.Coordinator.Tests.Mesh;

public sealed class TelemetryTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task Request_Traced_HasASpanForEachStage()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Espresso" or "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting());
        var trace = ActivityTraceId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=segmentation,inpainting") { Content = new ByteArrayContent(Ten) };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        using var response = await mesh.Http.SendAsync(request);

        var names = spans.Where(span => span.TraceId == trace && span.Source.Name == "Espresso").Select(span => span.OperationName).ToList();
        names.ShouldBe(["plan", "admit", "preprocess", "infer", "infer", "resample", "encode", "encode", "encode"], ignoreOrder: true);
        spans.Where(span => span.TraceId == trace && span.OperationName == "infer")
            .Select(span => $"{span.GetTagItem("espresso.model")}@{span.GetTagItem("espresso.version")}")
            .ShouldBe(["segmentation@0.1", "inpainting@0.1"], ignoreOrder: true);
    }

    [Fact]
    public async Task Metrics_Page_TellsRequestsStepsRejectionsAndReplicas()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth("8.1", maxPending: 1));
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var first = mesh.Infer("?models=depth", Ten);
        await began.Task;
        await mesh.Infer("?models=depth", FakePictures.File(40, 30, 20));
        goOn.SetResult();
        await first;

        var page = await mesh.Http.GetStringAsync("/metrics");
        page.ShouldContain("""espresso_coordinator_rejections_total{class="interactive",model="depth",reason="queue_full",version="8.1"} 1""");
        page.ShouldContain("""espresso_coordinator_replicas{model="depth",version="8.1"} 1""");
        page.ShouldContain("""espresso_coordinator_step_duration_seconds_count{model="depth",status="ok",version="8.1"} 1""");
        page.ShouldContain("espresso_coordinator_requests_total{");
    }
}
