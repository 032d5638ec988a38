namespace Espresso.Cli.Checking;

/// <summary>That the same picture gives the same answer: identical pictures share one, and goldens mean nothing otherwise.</summary>
internal static class RepeatCheck
{
    /// <summary>Of full scale. Vector code sums in an order that follows a buffer's alignment, so that the last bits of a float may move; random operators move far more.</summary>
    public const float Tolerance = 1e-5f;

    private const int Times = 3;

    public static async Task<Finding> Run(Runs runs, IProgress<double> progress, CancellationToken cancellation)
    {
        var first = await runs.Run(1, cancellation);
        var largest = 0f;
        for (var time = 1; time < Times; time++)
        {
            progress.Report((double)time / Times);
            var again = await runs.Run(1, cancellation);
            foreach (var (output, other) in first.Outputs.Zip(again.Outputs))
            {
                var difference = Values.Largest(output.Values(), other.Values(), Values.Scale([output.Values(), other.Values()]));
                largest = Math.Max(largest, difference);
                if (difference > Tolerance)
                    return Finding.Bad($"output '{runs.NameOf(output)}' differs by {difference:0.#e+0} of full scale when the same picture comes again "
                        + $"({Tolerance:0e+0} allowed); look for random operators (dropout, noise) that training left in the graph");
            }
        }

        return Finding.Good($"the same picture gives the same answer, {Times} times ({(largest > 0 ? $"within {largest:0.#e+0} of full scale" : "to the bit")})");
    }
}
