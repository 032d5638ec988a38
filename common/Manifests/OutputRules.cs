namespace Espresso.Manifests;

/// <summary>What an output may say, by its kind.</summary>
internal static class OutputRules
{
    private const int MostLabels = 100_000;
    private const int LargestVector = 65_536;
    private const int LongestText = 65_536;

    private static readonly (string Kind, string[] Fields)[] OwnFields =
    [
        ("map, mask or image", ["range", "layout", "media"]), ("image", ["blend"]), ("labels", ["labels", "top", "least"]), ("scores", ["scores"]),
        ("labels or scores", ["activation"]), ("embedding", ["size"]), ("text", ["length"]),
    ];

    public static IReadOnlyList<OutputSpec> All(ManifestSection root, IReadOnlyList<InputSpec> inputs)
    {
        const string Mend = "write a list of the network's outputs, each with its name";
        if (!root.Require("outputs", Mend))
            return [];
        var sections = root.Parts("outputs");
        root.Rule(sections.Count > 0, "outputs", "there is none", Mend);
        var outputs = sections.ConvertAll(output => Output(output, inputs));
        for (var i = 1; i < outputs.Count; i++)
        {
            sections[i].Rule(
                outputs[i].As.Length == 0 || !outputs[..i].Exists(other => other.As == outputs[i].As),
                sections[i].Has("as") ? "as" : "name", $"'{outputs[i].As}' stands here twice", "give each output a name of its own, by as:");
        }

        return outputs;
    }

    private static OutputSpec Output(ManifestSection output, IReadOnlyList<InputSpec> inputs)
    {
        var name = output.Needed("name", "write the tensor's name in the graph");
        var spec = new OutputSpec { Name = name, As = output.Text("as", "write the public name") ?? name, Kind = output.Word("kind", OutputKind.Map) };
        foreach (var (kind, fields) in OwnFields)
            output.BelongTo($"outputs of kind {kind}", fields);
        return spec.Kind switch
        {
            OutputKind.Labels => Labels(output, spec),
            OutputKind.Scores => Scores(output, spec),
            OutputKind.Embedding => spec with { Size = output.NeededWhole("size", 1, LargestVector) },
            OutputKind.Text => spec with { Length = output.NeededWhole("length", 1, LongestText) },
            OutputKind.Image => Picture(output, spec) with { Blend = Blend(output, inputs) },
            _ => Picture(output, spec),
        };
    }

    private static OutputSpec Picture(ManifestSection output, OutputSpec spec)
    {
        const string Mend = "write auto, or [low, high] with low below high";
        var isAuto = !output.IsList("range");
        output.Rule(!isAuto || output.Text("range", Mend) is null or "auto", "range", "neither auto nor a list", Mend);
        return spec with
        {
            Range = isAuto ? null : Range(output, Mend),
            Layout = output.Word("layout", TensorLayout.Nchw),
            Media = output.Word("media", MediaKind.Png),
        };
    }

    private static ValueRange? Range(ManifestSection section, string mend)
    {
        if (section.Numbers("range", value => float.IsFinite((float)value), mend) is not { } ends)
            return null;
        if (ends is [var low, var high] && (float)low < (float)high)
            return new ValueRange((float)low, (float)high);
        section.Fault("range", $"found [{string.Join(", ", ends)}]", mend);
        return null;
    }

    private static string? Blend(ManifestSection output, IReadOnlyList<InputSpec> inputs)
    {
        const string Mend = "write the name of an input of kind mask";
        var blend = output.Text("blend", Mend);
        output.Rule(blend is null || inputs.Any(input => input.Name == blend && input.Kind == InputKind.Mask), "blend", $"'{blend}' is no mask among the inputs", Mend);
        return blend;
    }

    private static OutputSpec Labels(ManifestSection output, OutputSpec spec)
    {
        const string Mend = "write a list of names in the tensor's order, or the name of a text file beside the manifest that has one a line";
        var isList = output.IsList("labels");
        var file = isList ? "" : ManifestReader.FileBeside(output, "labels", Mend);
        var listed = isList ? output.Texts("labels", Mend) : null;
        var labels = file.Length > 0 ? FromFile(output, file, Mend) : listed ?? [];
        output.Rule(listed is not { Count: 0 }, "labels", "an empty list", Mend);
        output.Rule(labels.Count <= MostLabels, "labels", $"{labels.Count} labels", $"have {MostLabels} at the most");
        if (labels.GroupBy(label => label, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            output.Fault("labels", $"'{twice.Key}' stands here twice", "give each label a name of its own");
        return spec with
        {
            Labels = labels,
            LabelsFile = file.Length > 0 ? file : null,
            Top = output.Whole("top", 1, 1000, 5),
            Least = (float?)output.Number("least", value => float.IsFinite((float)value), "write the lowest score that is told"),
            Activation = output.Word("activation", Activation.None),
        };
    }

    /// <summary>Empty lines at the end say nothing; one between names would shift those after it.</summary>
    private static List<string> FromFile(ManifestSection output, string file, string mend)
    {
        if (output.FileText(file) is not { } text)
        {
            output.Fault("labels", $"there is no text file '{file}' of up to {ManifestReader.LongestFile >> 20} MiB here", mend);
            return [];
        }

        var lines = text.TrimEnd().Split('\n').Select(line => line.Trim()).ToList();
        if (lines.FindIndex(line => line.Length == 0) is >= 0 and var empty)
            output.Fault("labels", $"line {empty + 1} of '{file}' is empty", "write a name in each line");
        return lines;
    }

    private static OutputSpec Scores(ManifestSection output, OutputSpec spec)
    {
        const string Mend = "write a list in the tensor's order, each entry as { name: , range: [low, high], meaning: }";
        output.Require("scores", Mend);
        var sections = output.Parts("scores");
        output.Rule(!output.IsList("scores") || sections.Count > 0, "scores", "an empty list", Mend);
        var scores = sections.ConvertAll(Score);
        for (var i = 1; i < scores.Count; i++)
        {
            sections[i].Rule(
                scores[i].Name.Length == 0 || !scores[..i].Exists(other => other.Name == scores[i].Name),
                "name", $"'{scores[i].Name}' stands here twice", "give each score a name of its own");
        }

        return spec with { Scores = scores, Activation = output.Word("activation", Activation.None) };
    }

    private static ScoreSpec Score(ManifestSection score)
    {
        const string Mend = "write [low, high] with low below high: between which values it lies";
        return new ScoreSpec(
            score.Needed("name", "write what callers know it by"),
            score.Require("range", Mend) ? Range(score, Mend) ?? default : default,
            score.Needed("meaning", "write what low and high say"));
    }
}
