namespace Espresso.Cli.Checking;

/// <summary>That the same picture gives the same answer: identical pictures share one, and goldens mean nothing otherwise.</summary>
internal static class RepeatCheck
{
    private const int Times = 3;

    public static async Task<Finding> Run(Runs runs, IProgress<double> progress, CancellationToken cancellation)
    {
        var first = await runs.Run(1, cancellation);
        for (var time = 1; time < Times; time++)
        {
            progress.Report((double)time / Times);
            var again = await runs.Run(1, cancellation);
            foreach (var (output, other) in first.Outputs.Zip(again.Outputs).Where(pair => !pair.First.Bytes.AsSpan().SequenceEqual(pair.Second.Bytes)))
            {
                var difference = Values.Largest(output.Values(), other.Values(), Values.Scale([output.Values(), other.Values()]));
                return Finding.Bad($"output '{runs.NameOf(output)}' differs by {difference:0.####} of full scale when the same picture comes again; "
                    + "look for random operators (dropout, noise) that training left in the graph");
            }
        }

        return Finding.Good($"the same picture gives the same bytes, {Times} times");
    }
}
