using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Reports;

/// <summary>A run as a row, the same on the console and in the report.</summary>
internal static class Columns
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "stack", "offered/s", "goodput/s", "÷ capacity", "p50 ms", "p99 ms", "refused", "late", "failed", "retries", "mean batch", "GPU-s per 1,000",
    ];

    public static string[] Of(FleetResult run) =>
    [
        run.Stack, $"{run.OfferedRate:#,0.#}", $"{run.Goodput:#,0.#}", $"{run.Goodput / run.Capacity:0.000}", $"{run.P50:#,0.#}", $"{run.P99:#,0.#}",
        $"{run.RefusedShare:0.0%}", $"{run.LateShare:0.00%}", $"{run.Tally.FailedCount:#,0}", $"{run.Tally.Retries:#,0}", $"{run.MeanBatch:0.0}",
        $"{run.GpuSecondsPer1000:0.00}",
    ];
}
