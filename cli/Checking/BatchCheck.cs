using Espresso.Cli.Client;

namespace Espresso.Cli.Checking;

/// <summary>That a batch of n gives what n singles give: nothing of a neighbour reaches an answer, and no batch is fixed inside.</summary>
internal static class BatchCheck
{
    /// <summary>Of full scale: sums in another order differ by some 1e-6, a neighbour that shines through by far more.</summary>
    public const float Tolerance = 1e-3f;

    public static async Task<Finding> Run(Runs runs, IProgress<double> progress, CancellationToken cancellation)
    {
        var sizes = new[] { 2, 3, runs.LargestBatch }.Where(size => size <= runs.LargestBatch && size > 1).Distinct().ToList();
        if (sizes.Count == 0)
            return Finding.Good("batches of 1 only (batching.max)");

        var steps = (double)(runs.Items.Count + sizes.Count);
        var singles = new List<RunResult>();
        for (var i = 0; i < runs.Items.Count; i++)
        {
            singles.Add(await runs.Run([runs.Items[i]], cancellation));
            progress.Report(singles.Count / steps);
        }

        var faults = new List<string>();
        var largest = 0f;
        foreach (var size in sizes)
        {
            try
            {
                var (difference, what) = Compare(runs, size, await runs.Run(size, cancellation), singles);
                largest = Math.Max(largest, difference);
                if (difference > Tolerance)
                    faults.Add(what);
            }
            catch (CliException error)
            {
                faults.Add($"a batch of {size} fails: {error.Message}; export it with a dynamic batch, or set batching.max to 1");
            }

            progress.Report((singles.Count + sizes.IndexOf(size) + 1) / steps);
        }

        return Finding.Of(
            $"{string.Join(", ", sizes)} together give what each gives alone ({(largest > 0 ? $"within {largest:0.#e+0} of full scale" : "to the bit")}, {Tolerance} allowed)", faults);
    }

    private static (float Difference, string What) Compare(Runs runs, int size, RunResult together, List<RunResult> singles)
    {
        var worst = (Difference: 0f, What: "");
        for (var i = 0; i < together.Outputs.Count; i++)
        {
            var output = together.Outputs[i];
            if (output.Shape.Length == 0 || output.Shape[0] != size)
                return (float.PositiveInfinity, $"output '{runs.NameOf(output)}' is [{string.Join(',', output.Shape)}] for a batch of {size}; its first dimension must be the batch");
            var scale = Values.Scale(singles.Select(single => single.Outputs[i].Row(0)));
            for (var row = 0; row < size; row++)
            {
                var difference = Values.Largest(output.Row(row), singles[row % singles.Count].Outputs[i].Row(0), scale);
                if (difference > worst.Difference)
                    worst = (difference, $"output '{runs.NameOf(output)}' of picture {row + 1} in a batch of {size} differs by {difference:0.####} of full scale from what it is alone; the network mixes the pictures of a batch");
            }
        }

        return worst;
    }
}
