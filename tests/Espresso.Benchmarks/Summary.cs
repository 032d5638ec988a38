using Espresso.Manifests;
using Espresso.Minions.Execution;

namespace Espresso.Benchmarks;

/// <summary>The ratios that are promised, from the medians.</summary>
internal sealed class Summary(Figures figures, IReadOnlyList<int> callers, IReadOnlyList<string> tensors, BenchOptions options)
{
    public void Derive()
    {
        if (figures.Names.Any(name => name.StartsWith("bare.", StringComparison.Ordinal)))
        {
            figures.Derive("bare.best_images_per_second", figures.Median(BestBare(figures)).ImagesPerSecond);
            figures.Derive("bare.p50_ms", figures.Median("bare.1x1.batch1").P50Ms);
            foreach (var kind in tensors)
                Minion(kind.ToLowerInvariant(), kind == tensors[^1]);
            Mesh();
        }

        Simulated();
    }

    /// <summary>The bare configuration that is best by its median; not the luckiest turn of any.</summary>
    public static string BestBare(Figures figures) =>
        figures.Names.Where(name => name.StartsWith("bare.", StringComparison.Ordinal)).MaxBy(name => figures.Median(name).ImagesPerSecond)!;

    /// <summary>Turn by turn against the bare loop that ran just before; then the median. Without a kind in its name: as the mesh calls it.</summary>
    private void Minion(string kind, bool plain)
    {
        var worst = double.PositiveInfinity;
        foreach (var count in callers.Where(count => count > 1 && Has($"minion.{kind}.{count}")))
        {
            var efficiency = Ratio($"minion.{kind}.{count}", $"minion.{count}.bare");
            figures.Derive($"minion.{kind}.efficiency_{count}", efficiency);
            if (count <= 16)
                worst = Math.Min(worst, efficiency);
        }

        if (double.IsFinite(worst))
            Name("efficiency", worst);
        if (figures.AddedMs($"minion.{kind}") is { } added)
            Name("added_ms_p50", added);

        void Name(string figure, double value)
        {
            figures.Derive($"minion.{kind}.{figure}", value);
            if (plain)
                figures.Derive($"minion.{figure}", value);
        }
    }

    private void Mesh()
    {
        var counts = callers.Where(count => Has($"mesh.{count}")).ToList();
        if (counts.Count == 0)
            return;
        foreach (var count in counts.Where(count => count > 1))
            figures.Derive($"mesh.efficiency_{count}", Ratio($"mesh.{count}", $"mesh.{count}.bare"));
        if (counts.Exists(count => count > 1))
            figures.Derive("mesh.efficiency", counts.Where(count => count > 1).Max(count => figures.Derived[$"mesh.efficiency_{count}"]));
        if (figures.AddedMs("mesh") is { } added)
            figures.Derive("mesh.added_ms_p50", added);
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

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var half = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
