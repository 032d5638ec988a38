using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Espresso.Telemetry;

/// <summary>Collects when asked: a scrape is the clock.</summary>
internal sealed class PrometheusEndpoint : IDisposable
{
    private readonly Lock _one = new();
    private readonly TextExporter _exporter = new();

    public PrometheusEndpoint() => Reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };

    public BaseExportingMetricReader Reader { get; }

    public string Scrape()
    {
        lock (_one)
        {
            _exporter.Collect!(Timeout.Infinite); // set by the reader, which lets nobody else collect for a pull exporter
            return _exporter.Page;
        }
    }

    public void Dispose()
    {
        Reader.Dispose();
        _exporter.Dispose();
    }

    [ExportModes(ExportModes.Pull)]
    private sealed class TextExporter : BaseExporter<Metric>, IPullMetricExporter
    {
        public string Page { get; private set; } = "";

        public Func<int, bool>? Collect { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var page = new StringBuilder(4096);
            foreach (var metric in batch)
                PrometheusText.Write(page, metric);
            Page = page.ToString();
            return ExportResult.Success;
        }
    }
}

internal static class PrometheusRegistration
{
    public static MeterProviderBuilder AddPrometheus(this MeterProviderBuilder metrics)
    {
        metrics.ConfigureServices(services => services.AddSingleton<PrometheusEndpoint>());
        return ((IDeferredMeterProviderBuilder)metrics).Configure((services, builder) =>
            builder.AddReader(services.GetRequiredService<PrometheusEndpoint>().Reader));
    }

    public static IEndpointRouteBuilder MapPrometheus(this IEndpointRouteBuilder routes, string path)
    {
        routes.MapGet(path, (PrometheusEndpoint endpoint) => Results.Text(endpoint.Scrape(), "text/plain; version=0.0.4; charset=utf-8"));
        return routes;
    }
}
