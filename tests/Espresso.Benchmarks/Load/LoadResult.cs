namespace Espresso.Benchmarks.Load;

/// <summary>What one measurement gave.</summary>
/// <param name="ImagesPerSecond">Answers in the window ÷ its length.</param>
/// <param name="Cores">Processor time of the served processes ÷ wall time.</param>
/// <param name="ClientCores">The same for this process, which calls.</param>
/// <param name="ResidentBytes">Of the served processes, after the run.</param>
internal sealed record LoadResult(
    double ImagesPerSecond, double P50Ms, double P95Ms, double P99Ms, double Cores, double ClientCores, long ResidentBytes, int Failures)
{
    /// <summary>Each figure's median over the rounds.</summary>
    public static LoadResult Median(IReadOnlyCollection<LoadResult> rounds) => new(
        Middle(rounds, round => round.ImagesPerSecond), Middle(rounds, round => round.P50Ms), Middle(rounds, round => round.P95Ms),
        Middle(rounds, round => round.P99Ms), Middle(rounds, round => round.Cores), Middle(rounds, round => round.ClientCores),
        (long)Middle(rounds, round => round.ResidentBytes), rounds.Sum(round => round.Failures));

    private static double Middle(IReadOnlyCollection<LoadResult> rounds, Func<LoadResult, double> figure)
    {
        var sorted = rounds.Select(figure).Order().ToList();
        var half = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
