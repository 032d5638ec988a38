using System.Diagnostics.Metrics;

namespace Espresso.Common.Tests.Telemetry;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task Get_RunningProcess_ShowsOurMetersAndTheRuntimes()
    {
        await using var app = await TestHost.Start();
        using var meter = new Meter("Espresso.MetricsEndpointTests");
        meter.CreateCounter<int>("espresso.endpoint.tests").Add(2);
        using var http = new HttpClient { BaseAddress = app.Http() };

        using var reply = await http.GetAsync("/metrics");
        var page = await reply.Content.ReadAsStringAsync();

        reply.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        page.ShouldContain("espresso_endpoint_tests_total 2\n");
        page.ShouldContain("# TYPE dotnet_gc_collections_total counter\n");
        page.ShouldContain("# TYPE kestrel_active_connections gauge\n");
        page.ShouldEndWith("\n");
    }

    [Fact]
    public async Task Get_SeveralAtOnce_EachGetsAWholePage()
    {
        await using var app = await TestHost.Start();
        using var http = new HttpClient { BaseAddress = app.Http() };

        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => http.GetStringAsync("/metrics")));

        pages.ShouldAllBe(page => page.Contains("dotnet_process_cpu_time_seconds_total"));
    }
}
