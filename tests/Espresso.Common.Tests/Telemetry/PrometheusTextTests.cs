using System.Diagnostics;
using System.Diagnostics.Metrics;
using Espresso.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Espresso.Common.Tests.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new($"Espresso.Test.{Guid.NewGuid():n}");
    private readonly PrometheusEndpoint _endpoint = new();
    private readonly MeterProvider _provider;

    public PrometheusTextTests() =>
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name).AddReader(_endpoint.Reader).Build();

    public void Dispose()
    {
        _provider.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Scrape_Counter_EndsInTotal()
    {
        _meter.CreateCounter<long>("espresso.things.done", "{things}", "what was done").Add(3);

        Lines().ShouldBe(
        [
            "# HELP espresso_things_done_total what was done",
            "# TYPE espresso_things_done_total counter",
            "espresso_things_done_total 3",
        ]);
    }

    [Fact]
    public void Scrape_Again_GoesOnCounting()
    {
        var counter = _meter.CreateCounter<double>("sent", "By");
        counter.Add(1.5);
        Lines().ShouldContain("sent_bytes_total 1.5");
        counter.Add(1);
        Lines().ShouldContain("sent_bytes_total 2.5");
    }

    [Fact]
    public void Scrape_UpDownCounterAndGauge_AreGauges()
    {
        _meter.CreateUpDownCounter<int>("waiting").Add(-2);
        _meter.CreateObservableGauge("load", () => 0.25, "1");

        Lines().ShouldBe(["# TYPE waiting gauge", "waiting -2", "# TYPE load_ratio gauge", "load_ratio 0.25"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("s", "x_seconds")]
    [InlineData("ms", "x_milliseconds")]
    [InlineData("By", "x_bytes")]
    [InlineData("{items}", "x")]
    [InlineData(null, "x")]
    public void Scrape_Unit_IsASuffix(string? unit, string name)
    {
        _meter.CreateObservableGauge("x", () => 1, unit);

        Lines()[^1].ShouldBe($"{name} 1");
    }

    [Fact]
    public void Scrape_UnitInTheName_StandsOnce()
    {
        _meter.CreateObservableGauge("age.seconds", () => 1, "s");

        Lines()[^1].ShouldBe("age_seconds 1");
    }

    [Fact]
    public void Scrape_Histogram_HasCumulativeBuckets()
    {
        var histogram = _meter.CreateHistogram(
            "took", "s", null, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2] });
        foreach (var value in new[] { 0.5, 0.75, 1.5, 1.75, 9 })
            histogram.Record(value, new KeyValuePair<string, object?>("model", "depth"));

        Lines().ShouldBe(
        [
            "# TYPE took_seconds histogram",
            "took_seconds_bucket{model=\"depth\",le=\"0.5\"} 1",
            "took_seconds_bucket{model=\"depth\",le=\"1\"} 2",
            "took_seconds_bucket{model=\"depth\",le=\"2\"} 4",
            "took_seconds_bucket{model=\"depth\",le=\"+Inf\"} 5",
            "took_seconds_sum{model=\"depth\"} 13.5",
            "took_seconds_count{model=\"depth\"} 5",
        ]);
    }

    [Fact]
    public void Scrape_Labels_AreEscaped()
    {
        _meter.CreateCounter<int>("said").Add(
            1, new KeyValuePair<string, object?>("model.name", "a\\b\"c\nd"), new KeyValuePair<string, object?>("size", 3), new KeyValuePair<string, object?>("none", null));

        Lines()[^1].ShouldBe("said_total{model_name=\"a\\\\b\\\"c\\nd\",none=\"\",size=\"3\"} 1");
    }

    [Fact]
    public void Scrape_Help_IsEscaped()
    {
        _meter.CreateCounter<int>("x", null, "one\ntwo\\three").Add(1);

        Lines()[0].ShouldBe("# HELP x_total one\\ntwo\\\\three");
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(1e21, "1E+21")]
    [InlineData(0.1, "0.1")]
    public void Scrape_Number_IsOfTheFormat(double value, string text)
    {
        _meter.CreateObservableGauge("x", () => value);

        Lines()[^1].ShouldBe($"x {text}");
    }

    [Fact]
    public async Task Scrape_OnePageOfEverything_PassesPromtool()
    {
        Assert.SkipUnless(Promtool is not null, "promtool is not installed");
        _meter.CreateCounter<long>("espresso.done", "{things}", "a \"word\"").Add(3, new KeyValuePair<string, object?>("a.b", "\n\"\\ü"));
        _meter.CreateObservableGauge("espresso.age", () => 1.5, "s", "how old");
        _meter.CreateHistogram<double>("espresso.took", "s", "how long").Record(2);

        using var process = Process.Start(new ProcessStartInfo(Promtool, ["check", "metrics"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync(_endpoint.Scrape());
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        said.ShouldBe("");
        process.ExitCode.ShouldBe(0);
    }

    private static string? Promtool => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);

    private string[] Lines() => _endpoint.Scrape().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
