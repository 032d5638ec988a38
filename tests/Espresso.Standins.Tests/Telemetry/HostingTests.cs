using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Espresso.Standins.Tests.Telemetry;

/// <summary>AddOpenTelemetry() in a real host.</summary>
public sealed class HostingTests
{
    private readonly string _name = $"test-{Guid.NewGuid()}";

    [Fact]
    public async Task Host_Started_SeesActivitiesMetricsAndLogsAndKnowsTheResource()
    {
        var spans = new Recorder<Activity>(activity => activity.DisplayName);
        var logs = new Recorder<LogRecord>(record => record.CategoryName ?? "");
        var metrics = new MetricRecorder();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("espresso-test"))
            .WithTracing(tracing => tracing.AddSource(_name).AddProcessor(spans))
            .WithMetrics(metering => metering.AddMeter(_name).AddReader(new BaseExportingMetricReader(metrics)))
            .WithLogging(logging => logging.AddProcessor(logs));
        using var source = new ActivitySource(_name);
        using var meter = new Meter(_name);

        using (var host = builder.Build())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            using (source.StartActivity("work"))
                meter.CreateCounter<int>("done").Add(3);
            host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(_name).LogInformation("worked");
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        spans.Seen.ShouldBe(["work"]);
        spans.ServiceName.ShouldBe("espresso-test");
        logs.Seen.Where(category => category == _name).ShouldHaveSingleItem();
        metrics.Seen.ShouldBe(["done"]);
    }

    [Fact]
    public async Task Host_NotStarted_SeesNothing()
    {
        var spans = new Recorder<Activity>(activity => activity.DisplayName);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(_name).AddProcessor(spans));
        using var source = new ActivitySource(_name);
        using var host = builder.Build();

        source.StartActivity("early").ShouldBeNull();

        await host.StartAsync(TestContext.Current.CancellationToken);
        source.StartActivity("later").ShouldNotBeNull().Dispose();
        spans.Seen.ShouldBe(["later"]);
    }

    [Fact]
    public void AddOpenTelemetry_ManyTimes_StartsOnceAndBeforeAllOthers()
    {
        var services = new ServiceCollection();
        services.AddHostedService<Other>();

        services.AddOpenTelemetry().WithTracing().Services.ShouldBeSameAs(services);
        services.AddOpenTelemetry().WithMetrics().WithLogging();

        var hosted = services.Where(service => service.ServiceType == typeof(IHostedService)).ToArray();
        hosted.Length.ShouldBe(2);
        hosted[1].ImplementationType.ShouldBe(typeof(Other));
    }

    // Keeps names and not the records, which are pooled.
    private sealed class Recorder<T>(Func<T, string> name) : BaseProcessor<T>
        where T : class
    {
        public List<string> Seen { get; } = [];

        public string? ServiceName { get; private set; }

        public override void OnEnd(T data)
        {
            Seen.Add(name(data));
            ServiceName = ParentProvider.GetResource().Attributes
                .Single(attribute => attribute.Key == "service.name").Value.ToString();
        }
    }

    private sealed class MetricRecorder : BaseExporter<Metric>
    {
        public List<string> Seen { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
                Seen.Add(metric.Name);
            return ExportResult.Success;
        }
    }

    private sealed class Other : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
