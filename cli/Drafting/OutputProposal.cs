using System.Globalization;
using Espresso.Cli.Graphs;

namespace Espresso.Cli.Drafting;

/// <summary>Proposes a manifest's outputs from what a graph says: kinds, layout, names and ranges.</summary>
internal sealed class OutputProposal(NetworkGraph graph, Said said, Questions questions)
{
    private static readonly string[] KindWords = ["map", "mask", "image", "labels", "scores", "embedding"];

    // Nodes after which a number lies between these ends.
    private static readonly Dictionary<string, string> Ends = new(StringComparer.Ordinal) { ["Sigmoid"] = "0,1", ["HardSigmoid"] = "0,1", ["Softmax"] = "0,1", ["Tanh"] = "-1,1" };

    /// <param name="skipped">Outputs that no kind fits; they stay in the graph and out of the manifest.</param>
    /// <exception cref="CliException">What was said of them cannot be.</exception>
    public async Task<IReadOnlyList<DraftOutput>> Outputs(List<string> skipped, CancellationToken cancellation)
    {
        var unknown = said.Kinds.Keys.Concat(said.Ranges.Keys).Except(graph.Outputs.Select(output => output.Name), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new CliException($"there is no output '{unknown[0]}' for --kind or --range; there are {string.Join(", ", graph.Outputs)}");
        if (said.Kinds.FirstOrDefault(pair => !KindWords.Contains(pair.Value, StringComparer.Ordinal)) is { Key: not null } wrong)
            throw new CliException($"--kind {wrong.Key}={wrong.Value}: one of {string.Join(", ", KindWords)}");
        foreach (var (output, range) in said.Ranges)
            Bounds(range, $"--range {output}={range}");
        var names = await LabelNames.ByOutput(said.Labels, [.. graph.Outputs.Where(output => Numbers(output) is not null).Select(output => (output.Name, Numbers(output)!.Value))], cancellation);
        var outputs = new List<DraftOutput>();
        foreach (var output in graph.Outputs)
        {
            if (await Output(output, names.GetValueOrDefault(output.Name)) is { } draft)
                outputs.Add(draft);
            else
                skipped.Add($"output {output} is of no kind that is served and is left out");
        }

        if (outputs.Count == 0)
            throw new CliException($"none of the outputs can be served: {string.Join(", ", graph.Outputs)}; pictures [n, 1 or 3, height, width] and vectors [n, k] can, of float32 (a converter to smaller numbers can leave the ends as they are: keep_io_types=True; "
                + "a shape that is not told: onnx.shape_inference.infer_shapes)");
        return outputs.Count(output => output.Labels is not null) < 2 ? outputs
            : [.. outputs.Select(output => output.Labels is null ? output : output with { Labels = $"{output.As}.txt" })]; // each has a file of its own
    }

    /// <summary>How many numbers an output gives that can have names; null: it cannot.</summary>
    private int? Numbers(NetworkEnd output)
    {
        var sides = output.Sides.Skip(1).ToList();
        var count = output.ElementType == NetworkEnd.Float32 && sides is [_] or [_, 1, 1] ? (int?)sides[0] : null;
        return said.Kinds.GetValueOrDefault(output.Name) switch
        {
            "labels" => count,
            null when sides is not ([1] or [1 or 3, 1, 1]) => count, // by themselves a score, and pictures
            _ => null,
        };
    }

    /// <param name="names">What --labels says of it; null: nothing.</param>
    private async Task<DraftOutput?> Output(NetworkEnd output, IReadOnlyList<string>? names)
    {
        var given = said.Kinds.GetValueOrDefault(output.Name);
        switch (output.ElementType == NetworkEnd.Float32 && output.Sides.Count > 0 ? output.Sides.Skip(1).ToList() : null)
        {
            case [1 or 3, _, _] or ([_, _, 1 or 3] and not [_, 1, 1]) or [_, _] when given is null or "map" or "mask" or "image":
                return PictureOutput(output, given);
            case [] or [1] when given is null or "scores":
                return new DraftOutput(output.Name, Public(output.Name), "scores") { Count = 1, Range = Range(output) ?? await Asked(output) };
            case [{ } count]:
                return await Vector(output, (int)count, given, names);
            case [{ } count, 1, 1]:
                return await Vector(output, (int)count, given, names);
            default:
                return given is null ? null : throw new CliException($"--kind {output.Name}={given}: {output} cannot be that");
        }
    }

    private DraftOutput PictureOutput(NetworkEnd output, string? given)
    {
        var isNhwc = output.Sides is [_, not (1 or 3), _, 1 or 3];
        var channels = output.Sides.Count < 4 ? 1 : isNhwc ? output.Sides[3] : output.Sides[1];
        var kind = given ?? (channels == 3 ? "image" : output.Operator is "Sigmoid" or "HardSigmoid" ? "mask" : "map");
        return new DraftOutput(output.Name, Public(output.Name), kind) { Range = Range(output), IsNhwc = isNhwc };
    }

    private async Task<DraftOutput> Vector(NetworkEnd output, int count, string? given, IReadOnlyList<string>? names)
    {
        var kind = given ?? (names is not null ? "labels" : await questions.Choose(
            $"what are the {count} numbers of '{output.Name}'?", $"--kind {output.Name}=", null,
            [("labels", "a score for each of as many names"), ("scores", "as many named numbers"), ("embedding", "a vector")]));
        var draft = new DraftOutput(output.Name, Public(output.Name), kind) { Count = count };
        return kind switch
        {
            "labels" => draft with { Labels = "labels.txt", Names = names ?? LabelNames.Numbered(count), Activation = output.Operator is "Softmax" or "Sigmoid" ? "none" : "softmax" },
            "scores" => draft with { Range = Range(output) ?? await Asked(output) },
            "embedding" => draft,
            _ => throw new CliException($"--kind {output.Name}={kind}: labels, scores or embedding, for {output}"),
        };
    }

    private string? Range(NetworkEnd output)
    {
        var text = said.Ranges.GetValueOrDefault(output.Name) ?? Ends.GetValueOrDefault(output.Operator);
        return text is null ? null : Bounds(text, $"the range of '{output.Name}'");
    }

    private async Task<string> Asked(NetworkEnd output)
    {
        var text = await questions.Text($"between which values does '{output.Name}' lie? low,high", $"--range {output.Name}=LOW,HIGH", null);
        return text == "unknown" ? text : Bounds(text, text); // unknown is told as missing
    }

    /// <summary>"0,1" as the manifest has it.</summary>
    private static string Bounds(string text, string what)
    {
        var ends = text.Split(',', StringSplitOptions.TrimEntries);
        return ends.Length == 2 && Number(ends[0]) is { } low && Number(ends[1]) is { } high && low < high
            ? $"[{ends[0]}, {ends[1]}]" : throw new CliException($"{what}: two numbers with a comma between, the lower first: 0,1");

        static float? Number(string text) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? number : null;
    }

    private static string Public(string name) => new([.. name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')]);
}
