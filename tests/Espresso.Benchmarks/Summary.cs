using Espresso.Manifests;
using Espresso.Minions.Execution;

namespace Espresso.Benchmarks;

/// <summary>The ratios that are promised, from the medians.</summary>
internal sealed class Summary(Figures figures, IReadOnlyList<int> callers, IReadOnlyList<string> tensors, BenchOptions options)
{
    public void Derive()
    {
        var bare = figures.Names.Where(name => name.StartsWith("bare.", StringComparison.Ordinal)).ToList();
        if (bare.Count > 0)
        {
            // The best configuration by its median; not the luckiest round of any.
            var best = bare.MaxBy(name => figures.Median(name).ImagesPerSecond)!;
            figures.Derive("bare.best_images_per_second", figures.Median(best).ImagesPerSecond);
            figures.Derive("bare.p50_ms", figures.Median("bare.1x1.batch1").P50Ms);
            foreach (var kind in tensors)
                Minion(kind.ToLowerInvariant(), best, kind == tensors[0]);
            Mesh(best);
        }

        Simulated();
    }

    /// <summary>Round by round against the bare loop of the same round; then the median.</summary>
    private void Minion(string kind, string best, bool first)
    {
        var worst = double.PositiveInfinity;
        foreach (var count in callers.Where(count => Has($"minion.{kind}.{count}")))
        {
            var efficiency = Ratio($"minion.{kind}.{count}", best);
            figures.Derive($"minion.{kind}.efficiency_{count}", efficiency);
            if (count is >= 2 and <= 16)
                worst = Math.Min(worst, efficiency);
        }

        Name("efficiency", worst);
        if (Has($"minion.{kind}.1"))
            Name("added_ms_p50", Added($"minion.{kind}.1", "bare.1x1.batch1"));

        void Name(string figure, double value)
        {
            figures.Derive($"minion.{kind}.{figure}", value);
            if (first)
                figures.Derive($"minion.{figure}", value);
        }
    }

    private void Mesh(string best)
    {
        var counts = callers.Where(count => Has($"mesh.{count}")).ToList();
        if (counts.Count == 0)
            return;
        foreach (var count in counts)
            figures.Derive($"mesh.efficiency_{count}", Ratio($"mesh.{count}", best));
        figures.Derive("mesh.efficiency", counts.Max(count => figures.Derived[$"mesh.efficiency_{count}"]));
        if (counts.Contains(1))
        {
            figures.Derive("mesh.added_ms_p50", Added("mesh.1", "bare.1x1.batch1") - figures.Median("mesh.pictures").P50Ms);
            figures.Derive("mesh.pictures_ms_p50", figures.Median("mesh.pictures").P50Ms);
        }
    }

    private void Simulated()
    {
        var counts = callers.Where(count => Has($"simulated.{count}")).ToList();
        if (counts.Count == 0)
            return;
        var (a, b) = SimulatedExecutor.Parse(options.Simulated);
        var best = options.SimulatedBatch * 1000 / (a + (b * options.SimulatedBatch));
        figures.Derive("simulated.best_images_per_second", best);
        foreach (var count in counts)
            figures.Derive($"simulated.efficiency_{count}", figures.Median($"simulated.{count}").ImagesPerSecond / best);
        figures.Derive("simulated.efficiency", figures.Derived[$"simulated.efficiency_{counts.Max()}"]);
        if (counts.Contains(1))
            figures.Derive("simulated.added_ms_p50", figures.Median("simulated.1").P50Ms - a - b);
    }

    private bool Has(string name) => figures.Names.Contains(name);

    private double Ratio(string name, string against) =>
        Median(figures.Rounds(name).Zip(figures.Rounds(against), (one, other) => one.ImagesPerSecond / other.ImagesPerSecond));

    private double Added(string name, string against) =>
        Median(figures.Rounds(name).Zip(figures.Rounds(against), (one, other) => one.P50Ms - other.P50Ms));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var half = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
