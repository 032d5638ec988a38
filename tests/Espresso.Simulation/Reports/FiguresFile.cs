using System.Text.Json;
using Espresso.Simulation.Fleet;
using Espresso.Simulation.Scenarios;

namespace Espresso.Simulation.Reports;

/// <summary>The figures by stable names ("tails.p99_ratio"), and below "runs" what each stack came to.</summary>
internal static class FiguresFile
{
    public static void Write(string path, IReadOnlyList<ScenarioResult> results)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        using var file = File.Create(path);
        Write(file, results);
    }

    public static void Write(Stream stream, IReadOnlyList<ScenarioResult> results)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        foreach (var result in results)
        {
            foreach (var (name, value) in result.Figures)
                Number(json, $"{result.Scenario.Name}.{name}", value);
        }

        json.WriteStartObject("runs");
        foreach (var result in results)
        {
            json.WriteStartObject(result.Scenario.Name);
            foreach (var run in result.Results)
                Run(json, run);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Run(Utf8JsonWriter json, FleetResult run)
    {
        json.WriteStartObject(run.Stack);
        Number(json, "capacity_per_second", run.Capacity);
        Number(json, "offered_per_second", run.OfferedRate);
        Number(json, "goodput_per_second", run.Goodput);
        Number(json, "p50_ms", run.P50);
        Number(json, "p99_ms", run.P99);
        json.WriteNumber("offered", run.Tally.OfferedCount);
        json.WriteNumber("answered", run.Tally.AnsweredCount);
        json.WriteNumber("late", run.Tally.LateCount);
        json.WriteNumber("failed", run.Tally.FailedCount);
        json.WriteNumber("retries", run.Tally.Retries);
        json.WriteStartObject("refused");
        foreach (var (reason, count) in run.Tally.Refusals)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        Number(json, "gpu_seconds_per_1000", run.GpuSecondsPer1000);
        Number(json, "mean_batch", run.MeanBatch);
        json.WriteNumber("events", run.Events);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 4));
        else
            json.WriteNull(name);
    }
}
