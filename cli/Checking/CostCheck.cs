using System.Globalization;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>What a batch of each size costs.</summary>
/// <param name="Milliseconds">On the device, alone; the least of several runs.</param>
/// <param name="Megabytes">The most that the process had resident while every session ran such a batch.</param>
internal sealed record BatchCost(int Size, double Milliseconds, int Megabytes);

/// <summary>Time and memory by batch size, measured and held against what the manifest declares.</summary>
internal static class CostCheck
{
    private const int Times = 4;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    // What was declared was measured on another machine: what is several times as much is another network, or another setting.
    private const double Slower = 4;

    /// <param name="sessions">Batches that run side by side.</param>
    public static async Task<IReadOnlyList<BatchCost>> Measure(
        Runs runs, ProcessMemory memory, int sessions, IProgress<double> progress, CancellationToken cancellation)
    {
        // The declared ones, too, or nobody would judge them; in rising order, since memory that is allocated stays.
        var declared = runs.Manifest.Requirements.BatchMs.Keys.Where(size => size <= runs.LargestBatch);
        var sizes = Sizes(runs.LargestBatch).Union(declared).Order().ToList();
        var costs = new List<BatchCost>();
        foreach (var size in sizes)
        {
            memory.Reset();
            var best = TimeSpan.MaxValue;
            for (var time = 0; time < Times && (time == 0 || best < Long); time++)
            {
                var took = (await runs.Run(size, cancellation)).Compute;
                best = took < best ? took : best;
            }

            await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => runs.Run(size, cancellation)));
            costs.Add(new BatchCost(size, best.TotalMilliseconds, memory.PeakMb()));
            progress.Report((double)costs.Count / sizes.Count);
        }

        return costs;
    }

    public static Finding Judge(Manifest manifest, IReadOnlyList<BatchCost> costs)
    {
        var declared = manifest.Requirements;
        var faults = new List<string>();
        var peak = costs.Max(cost => cost.Megabytes);
        if (declared.MemoryMb == 0)
            faults.Add($"requirements.memory_mb: say how much a replica needs; {peak} MB were measured");
        else if (costs.FirstOrDefault(cost => cost.Megabytes > declared.MemoryMb) is { } large)
            faults.Add($"requirements.memory_mb: {declared.MemoryMb} are declared, but batches of {large.Size} took {large.Megabytes} MB, and the largest {peak} MB");
        if (costs[0].Milliseconds > manifest.Serving.DeadlineMs)
            faults.Add($"serving.deadline_ms: {manifest.Serving.DeadlineMs} ms are promised, but one picture alone takes {Text(costs[0].Milliseconds)} ms");
        foreach (var cost in costs)
        {
            if (declared.BatchMs.TryGetValue(cost.Size, out var milliseconds) && cost.Milliseconds > milliseconds * Slower)
                faults.Add($"requirements.batch_ms: {Text(milliseconds)} ms are declared for a batch of {cost.Size}, but it took {Text(cost.Milliseconds)} ms, more than {Slower} times as long");
        }

        var unjudged = declared.BatchMs.Keys.Except(costs.Select(cost => cost.Size)).Order().ToList();
        return Finding.Of(
            $"{string.Join(", ", costs.Select(cost => $"{cost.Size}: {Text(cost.Milliseconds)} ms, {cost.Megabytes} MB"))}"
            + $"; declared: {declared.MemoryMb} MB{(declared.BatchMs.Count > 0 ? $", {string.Join(", ", declared.BatchMs.Select(batch => $"{batch.Key}: {Text(batch.Value)} ms"))}" : ", no times")}"
            + (unjudged.Count > 0 ? $"; not judged: {string.Join(", ", unjudged)}, since batches end at {costs[^1].Size}" : ""),
            faults);
    }

    /// <summary>1, 2, 4 and so on, and the largest.</summary>
    internal static IEnumerable<int> Sizes(int largest)
    {
        for (var size = 1; size < largest; size *= 2)
            yield return size;
        yield return largest;
    }

    public static string Text(double milliseconds) => milliseconds.ToString(milliseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
