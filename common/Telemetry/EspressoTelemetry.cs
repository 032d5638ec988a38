using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Espresso.Telemetry;

/// <summary>Traces and metrics of every process: OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, Prometheus text at /metrics always.</summary>
public static class EspressoTelemetry
{
    /// <summary>Every span of ours; each stage of a request is one.</summary>
    public static ActivitySource Source { get; } = new("Espresso");

    /// <summary>Our meters' names begin so.</summary>
    public const string MeterPrefix = "Espresso";

    internal static IServiceCollection AddEspressoTelemetry(this IServiceCollection services, string role)
    {
        var export = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"espresso-{role}", serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(MeterPrefix + ".*", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime").AddPrometheus();
                if (export)
                    metrics.AddOtlpExporter();
            });
        // Without an exporter nobody would see the spans: no listener, so making them costs a null check.
        if (!export)
            return services;
        // With it the server's spans are called "POST /v1/infer" and carry OpenTelemetry's attributes; without, they are all of one name.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", isEnabled: false);
        // A gRPC call is a span of Grpc.Net.Client and, under it, one of System.Net.Http: with one of them missing the tree falls apart.
        telemetry.WithTracing(traces => traces.AddSource(Source.Name, "Microsoft.AspNetCore", "Grpc.Net.Client", "System.Net.Http").AddOtlpExporter());
        return services;
    }
}
