namespace Espresso.Manifests;

/// <summary>What an output may say, by its kind.</summary>
internal static class OutputRules
{
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
        var spec = new OutputSpec
        {
            Name = name,
            As = output.Text("as", "write the public name") ?? name,
            Kind = output.Word("kind", OutputKind.Map),
            Range = Range(output),
            Layout = output.Word("layout", TensorLayout.Nchw),
            Media = output.Word("media", MediaKind.Png),
        };
        if (spec.Kind == OutputKind.Image)
            return spec with { Blend = Blend(output, inputs) };
        output.BelongTo("outputs of kind image", "blend");
        return spec;
    }

    private static string? Blend(ManifestSection output, IReadOnlyList<InputSpec> inputs)
    {
        const string Mend = "write the name of an input of kind mask";
        var blend = output.Text("blend", Mend);
        output.Rule(blend is null || inputs.Any(input => input.Name == blend && input.Kind == InputKind.Mask), "blend", $"'{blend}' is no mask among the inputs", Mend);
        return blend;
    }

    /// <summary>Null: each picture's own smallest and largest value.</summary>
    private static ValueRange? Range(ManifestSection output)
    {
        const string Mend = "write auto, or [low, high] with low below high";
        if (!output.IsList("range"))
        {
            output.Rule(output.Text("range", Mend) is null or "auto", "range", "neither auto nor a list", Mend);
            return null;
        }

        if (output.Numbers("range", static _ => true, Mend) is not { } ends)
            return null;
        if (ends is [var low, var high] && (float)low < (float)high && float.IsFinite((float)low) && float.IsFinite((float)high))
            return new ValueRange((float)low, (float)high);
        output.Fault("range", $"found [{string.Join(", ", ends)}]", Mend);
        return null;
    }
}
