using System.Globalization;
using Espresso.Cli.Graphs;
using Espresso.Manifests;

namespace Espresso.Cli.Drafting;

/// <summary>Proposes a manifest's inputs from what a graph says: kinds, sizes and layout.</summary>
internal sealed class InputProposal(NetworkGraph graph, Said said, Questions questions)
{
    public async Task<IReadOnlyList<DraftInput>> Inputs()
    {
        var pictures = graph.Inputs.Where(input => PictureOf(input) is not null).ToList();
        var picture = pictures.FirstOrDefault(input => PictureOf(input)!.Value.Channels == 3) ?? pictures.FirstOrDefault();
        var inputs = new List<DraftInput>();
        foreach (var input in graph.Inputs)
        {
            if (input.IsOtherFloat && PictureOf(input with { ElementType = NetworkEnd.Float32 }) is not null)
                throw new CliException($"input {input} would be a picture, but those come as float32 or uint8; a converter to smaller numbers can leave the ends as they are (keep_io_types=True)");
            inputs.Add(PictureOf(input) is { } shape && (input == picture || shape.Channels == 1)
                ? await Picture(input, shape, isMask: input != picture)
                : new DraftInput(input.Name, InputKind.Tensor) { Shape = [.. input.Sides.Skip(1).Select(side => side ?? 1)] });
        }

        return inputs;
    }

    private async Task<DraftInput> Picture(NetworkEnd input, (int Channels, int? Height, int? Width, bool IsNhwc) shape, bool isMask)
    {
        var values = isMask || input.ElementType == NetworkEnd.Uint8
            ? PixelValues.Named(isMask ? "unit" : "bytes")
            : PixelValues.Named(await questions.Choose(
                $"which values does '{input.Name}' take? The training code says it (Normalize, preprocess_input)", "--values", said.Values,
                [.. PixelValues.All.Select(choice => (choice.Name, choice.Meaning))]));
        if (shape.Channels == 1 && values.Mean.Count > 0)
            values = values with { Mean = [values.Mean[0]], Std = [values.Std[0]] };
        else if (said.Bgr)
            values = values with { Mean = [.. values.Mean.Reverse()], Std = [.. values.Std.Reverse()] }; // by the network's own order
        var sides = (shape.Height, shape.Width) is (null, _) or (_, null) ? await Open(input) : (Height: shape.Height.Value, Width: shape.Width.Value);
        return new DraftInput(input.Name, isMask ? InputKind.Mask : InputKind.Picture)
        {
            Width = sides.Width,
            Height = sides.Height,
            IsNhwc = shape.IsNhwc,
            Channels = shape.Channels == 1 ? "gray" : said.Bgr ? "bgr" : "rgb",
            Fit = said.Fit ?? (graph.Outputs.Any(output => output.Sides.Count > 2) ? "stretch" : "crop"), // what names a picture was trained on its middle
            Values = values,
        };
    }

    private async Task<(int Height, int Width)> Open(NetworkEnd input)
    {
        var size = await questions.Text($"pixels of a side of {input}, which the graph leaves open", "--size", said.Size?.ToString(CultureInfo.InvariantCulture));
        if (said.Size is null && size == "unknown")
            return (1, 1); // told as missing
        return int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side > 0 ? (side, side) : throw new CliException($"{size} is no number of pixels");
    }

    /// <summary>Channels, height and width of an input that can be a picture.</summary>
    private static (int Channels, int? Height, int? Width, bool IsNhwc)? PictureOf(NetworkEnd input)
    {
        if (input.ElementType is not (NetworkEnd.Float32 or NetworkEnd.Uint8))
            return null;
        return input.Sides switch
        {
            [_, 1 or 3, var height, var width] => ((int)input.Sides[1]!.Value, (int?)height, (int?)width, false),
            [_, var height, var width, 1 or 3] => ((int)input.Sides[3]!.Value, (int?)height, (int?)width, true),
            _ => null,
        };
    }
}
