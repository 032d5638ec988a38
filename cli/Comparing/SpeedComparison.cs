using Espresso.Cli.Checking;

namespace Espresso.Cli.Comparing;

/// <summary>What a batch takes in each of two versions, in milliseconds on the device; null: no batches of that size.</summary>
internal sealed record BatchSpeed(int Size, double? A, double? B);

/// <summary>Two versions' times by batch size, in turns, so that a machine whose speed drifts is as fast for one as for the other.</summary>
internal static class SpeedComparison
{
    // The least of several is what the network takes; the rest is what else the machine did.
    private const int FewestRounds = 3;
    private const int MostRounds = 40;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<BatchSpeed>> Measure(Runs a, Runs b, IProgress<double> progress, CancellationToken cancellation)
    {
        Runs[] both = [a, b];
        var sizes = CostCheck.Sizes(Math.Max(a.LargestBatch, b.LargestBatch)).ToList();
        var speeds = new List<BatchSpeed>();
        foreach (var size in sizes)
        {
            var least = new double?[both.Length];
            var spent = TimeSpan.Zero;
            for (var turn = 0; turn < MostRounds * both.Length && (turn < FewestRounds * both.Length || spent < Enough); turn++)
            {
                var which = (turn + (turn / both.Length)) % both.Length; // a b, b a, a b
                if (size > both[which].LargestBatch)
                    continue;
                var took = (await both[which].Run(size, cancellation)).Compute;
                least[which] = Math.Min(least[which] ?? double.MaxValue, took.TotalMilliseconds);
                spent += took;
            }

            speeds.Add(new BatchSpeed(size, least[0], least[1]));
            progress.Report((double)speeds.Count / sizes.Count);
        }

        return speeds;
    }
}
