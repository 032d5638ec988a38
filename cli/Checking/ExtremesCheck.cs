using Espresso.Cli.Client;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>That no picture, however extreme, gives anything but numbers, and that what is no number stays with its own item.</summary>
internal static class ExtremesCheck
{
    // A little beyond the ends is what trained networks do at hard edges; it is clipped.
    private const float Overshoot = 0.05f;
    private const double MayLieOutside = 0.01;

    public static async Task<Finding> Run(Runs runs, IProgress<double> progress, CancellationToken cancellation)
    {
        var faults = new List<string>();
        (string Name, Func<int, byte> Value)[] pictures =
            [("black", _ => 0), ("white", _ => 255), ("noise", NetworkItems.Noise), ("stripes", at => (byte)(at % 2 * 255))];
        float[] numbers = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue];
        var steps = (double)(1 + pictures.Length + numbers.Length);

        faults.AddRange(Outside(runs, await runs.Run(1, cancellation)));
        progress.Report(1 / steps);
        for (var i = 0; i < pictures.Length; i++)
        {
            var result = await runs.Run([runs.Made.Like(pictures[i].Value)], cancellation);
            faults.AddRange(result.Outputs.Where(output => !Array.TrueForAll(output.Values(), float.IsFinite))
                .Select(output => $"a picture of {pictures[i].Name} gives values in output '{runs.NameOf(output)}' that are no finite numbers; "
                    + "look for a division or a logarithm without an epsilon"));
            progress.Report((1 + i + 1) / steps);
        }

        var isOfFloats = runs.Made.Floats(_ => 0) is not null;
        for (var i = 0; isOfFloats && i < numbers.Length; i++)
        {
            if (await Neighbour(runs, numbers[i], cancellation) is { } fault)
                faults.Add(fault);
            progress.Report((1 + pictures.Length + i + 1) / steps);
        }

        var said = $"numbers from {string.Join(", ", pictures.Select(picture => picture.Name))}";
        return Finding.Of(isOfFloats ? $"{said}; NaN and infinity stay with their own picture" : $"{said}; its tensors are not of float32, so no NaN comes in", faults.Distinct(StringComparer.Ordinal).ToList());
    }

    /// <summary>An item of all <paramref name="number"/> and one of noise beside it in a batch; the noise must be as if alone, and the minion alive.</summary>
    private static async Task<string?> Neighbour(Runs runs, float number, CancellationToken cancellation)
    {
        var calm = runs.Made.Floats(at => NetworkItems.Noise(at) / 255f)!;
        try
        {
            var alone = await runs.Run([calm], cancellation);
            var hostile = runs.Made.Floats(_ => number)!;
            if (runs.LargestBatch < 2)
            {
                await runs.Run([hostile], cancellation);
                return null;
            }

            var together = await runs.Run([hostile, calm], cancellation);
            foreach (var (output, single) in together.Outputs.Zip(alone.Outputs).Where(pair => pair.First.Shape[0] == 2))
            {
                var difference = Values.Largest(output.Row(1), single.Row(0), Values.Scale([single.Row(0)]));
                if (difference > BatchCheck.Tolerance)
                    return $"a tensor of {number} changes output '{runs.NameOf(output)}' of the picture beside it in the batch; the network mixes the pictures of a batch";
            }

            return null;
        }
        catch (CliException error)
        {
            return $"a tensor of {number} is not answered: {error.Message}";
        }
    }

    /// <summary>Values on the sample beyond the range that the manifest declares: they would be clipped, and the picture would lie.</summary>
    private static IEnumerable<string> Outside(Runs runs, RunResult result)
    {
        foreach (var output in result.Outputs)
        {
            if (runs.Spec(output) is not { Range: { } range } spec || spec.Kind is not (OutputKind.Map or OutputKind.Mask or OutputKind.Image))
                continue;
            var values = output.Values();
            var slack = (range.High - range.Low) * Overshoot;
            var outside = values.Count(value => value < range.Low - slack || value > range.High + slack);
            if (outside > values.Length * MayLieOutside)
                yield return $"output '{spec.As}' has values from {values.Min():0.###} to {values.Max():0.###} on the sample, outside of its range [{range.Low:0.###}, {range.High:0.###}]; "
                    + "declare the range that it has, or range: auto";
        }
    }
}
