using System.Globalization;
using Espresso.Cli.Graphs;
using Espresso.Manifests;

namespace Espresso.Cli.Drafting;

/// <summary>What the person has said by switches; null where nothing.</summary>
/// <param name="Kinds">Output to kind.</param>
/// <param name="Ranges">Output to "low,high".</param>
internal sealed record Said(
    string? Values, string? Fit, bool Bgr, int? Size, string? LabelsFile, IReadOnlyDictionary<string, string> Kinds, IReadOnlyDictionary<string, string> Ranges);

/// <summary>Proposes inputs and outputs of a manifest from what a graph says: kinds, sizes, layout and ranges.</summary>
internal sealed class GraphProposal(NetworkGraph graph, Said said, Questions questions)
{
    // Nodes after which a number lies between these ends.
    private static readonly Dictionary<string, string> Ends = new(StringComparer.Ordinal) { ["Sigmoid"] = "0,1", ["HardSigmoid"] = "0,1", ["Softmax"] = "0,1", ["Tanh"] = "-1,1" };

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

    /// <param name="skipped">Outputs that no kind fits; they stay in the graph and out of the manifest.</param>
    public async Task<IReadOnlyList<DraftOutput>> Outputs(List<string> skipped)
    {
        var unknown = said.Kinds.Keys.Concat(said.Ranges.Keys).Except(graph.Outputs.Select(output => output.Name), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new CliException($"there is no output '{unknown[0]}' for --kind or --range; there are {string.Join(", ", graph.Outputs)}");
        var outputs = new List<DraftOutput>();
        foreach (var output in graph.Outputs)
        {
            if (await Output(output) is { } draft)
                outputs.Add(draft);
            else
                skipped.Add($"output {output} is of no kind that is served and is left out");
        }

        if (outputs.Count == 0)
            throw new CliException($"none of the outputs can be served: {string.Join(", ", graph.Outputs)}; pictures [n, 1 or 3, height, width] and vectors [n, k] can, of float32 (a converter to smaller numbers can leave the ends as they are: keep_io_types=True; "
                + "a shape that is not told: onnx.shape_inference.infer_shapes)");
        return outputs;
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

    private async Task<DraftOutput?> Output(NetworkEnd output)
    {
        if (output.ElementType != NetworkEnd.Float32 || output.Sides.Count == 0)
            return null;
        var given = said.Kinds.GetValueOrDefault(output.Name);
        switch (output.Sides.Skip(1).ToList())
        {
            case [1 or 3, _, _] or [_, _, 1 or 3] or [_, _] when given is null or "map" or "mask" or "image":
                return PictureOutput(output, given);
            case [] or [1] when given is null or "scores":
                return new DraftOutput(output.Name, Public(output.Name), "scores") { Count = 1, Range = Range(output) ?? await Asked(output) };
            case [{ } count]:
                return await Vector(output, (int)count, given);
            case [{ } count, 1, 1]:
                return await Vector(output, (int)count, given);
            default:
                return null;
        }
    }

    private DraftOutput PictureOutput(NetworkEnd output, string? given)
    {
        var isNhwc = output.Sides is [_, not (1 or 3), _, 1 or 3];
        var channels = output.Sides.Count < 4 ? 1 : isNhwc ? output.Sides[3] : output.Sides[1];
        var kind = given ?? (channels == 3 ? "image" : output.Operator is "Sigmoid" or "HardSigmoid" ? "mask" : "map");
        return new DraftOutput(output.Name, Public(output.Name), kind) { Range = Range(output), IsNhwc = isNhwc };
    }

    private async Task<DraftOutput> Vector(NetworkEnd output, int count, string? given)
    {
        var kind = given ?? (said.LabelsFile is not null ? "labels" : await questions.Choose(
            $"what are the {count} numbers of '{output.Name}'?", $"--kind {output.Name}=", null,
            [("labels", "a score for each of as many names"), ("scores", "as many named numbers"), ("embedding", "a vector")]));
        var draft = new DraftOutput(output.Name, Public(output.Name), kind) { Count = count };
        return kind switch
        {
            "labels" => draft with { Labels = "labels.txt", Activation = output.Operator is "Softmax" or "Sigmoid" ? "none" : "softmax" },
            "scores" => draft with { Range = Range(output) ?? await Asked(output) },
            "embedding" => draft,
            _ => throw new CliException($"--kind {output.Name}={kind}: labels, scores or embedding, for {output}"),
        };
    }

    private string? Range(NetworkEnd output)
    {
        var text = said.Ranges.GetValueOrDefault(output.Name) ?? Ends.GetValueOrDefault(output.Operator);
        return text is null ? null : $"[{text.Replace(",", ", ", StringComparison.Ordinal)}]";
    }

    private async Task<string> Asked(NetworkEnd output) =>
        $"[{await questions.Text($"between which values does '{output.Name}' lie? low,high", $"--range {output.Name}=LOW,HIGH", null)}]";

    private static string Public(string name) => new([.. name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')]);

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
