namespace Espresso.Manifests;

/// <summary>What an input may say, by its kind.</summary>
internal static class InputRules
{
    private const int LongestSide = 16_384;
    private const string OfPictures = "inputs of kind picture";
    private const string OfMasks = "inputs of kind mask";
    private const string OfTensors = "inputs of kind tensor";

    public static IReadOnlyList<InputSpec> All(ManifestSection root)
    {
        const string Mend = "write a list of the network's inputs, each with its name";
        if (!root.Require("inputs", Mend))
            return [];
        var sections = root.Parts("inputs");
        root.Rule(sections.Count > 0, "inputs", "there is none", Mend);
        var inputs = sections.ConvertAll(Input);
        for (var i = 1; i < inputs.Count; i++)
        {
            var before = inputs[..i];
            sections[i].Rule(
                inputs[i].Name.Length == 0 || !before.Exists(other => other.Name == inputs[i].Name),
                "name", $"'{inputs[i].Name}' stands here twice", "name each input once");
            sections[i].Rule(
                inputs[i].Kind != InputKind.Picture || !before.Exists(other => other.Kind == InputKind.Picture),
                "kind", "a second picture", "have one input of kind picture at the most: a request has one");
        }

        return inputs;
    }

    private static InputSpec Input(ManifestSection input)
    {
        var spec = new InputSpec
        {
            Name = input.Needed("name", "write the tensor's name in the graph"),
            Kind = input.Word("kind", InputKind.Picture),
        };
        switch (spec.Kind)
        {
            case InputKind.Tensor:
                input.BelongTo(OfPictures, "width", "height", "fit", "channels", "layout", "scale", "mean", "std", "fill");
                input.BelongTo(OfMasks, "from", "threshold", "grow");
                return spec with { Shape = [.. Shape(input)] };
            case InputKind.Mask:
                input.BelongTo(OfTensors, "shape");
                input.BelongTo(OfPictures, "channels");
                return Mask(input, Pixels(input, spec));
            default:
                input.BelongTo(OfTensors, "shape");
                input.BelongTo(OfMasks, "from", "threshold", "grow");
                return Pixels(input, spec with { Channels = input.Word("channels", ChannelOrder.Rgb) });
        }
    }

    private static IEnumerable<long> Shape(ManifestSection input) =>
        input.Numbers("shape", side => side >= 1 && side <= long.MaxValue / 2 && side == Math.Floor(side), "write whole numbers above 0, without the batch")?.Select(side => (long)side) ?? [];

    private static InputSpec Pixels(ManifestSection input, InputSpec spec) => spec with
    {
        Width = input.NeededWhole("width", 1, LongestSide),
        Height = input.NeededWhole("height", 1, LongestSide),
        Fit = input.Word("fit", FitKind.Stretch),
        Layout = input.Word("layout", TensorLayout.Nchw),
        Scale = (float)(input.Number("scale", Fits, "write a number that pixels of 0 to 255 are multiplied by") ?? 1d / 255),
        Mean = Channels(input, "mean", spec.ChannelCount, Fits),
        Std = Channels(input, "std", spec.ChannelCount, value => Fits(value) && (float)value != 0),
        Fill = input.Whole("fill", 0, 255, 0),
    };

    private static InputSpec Mask(ManifestSection input, InputSpec spec)
    {
        const string Mend = "write model.output, such as segmentation.mask";
        var from = input.Text("from", Mend);
        input.Rule(from is null || from.Split('.') is [{ Length: > 0 }, { Length: > 0 }], "from", $"'{from}' names no model's output", Mend);
        return spec with
        {
            From = from,
            Threshold = (float?)input.Number("threshold", number => number is > 0 and <= 1, "write a number above 0 and at most 1: of full white"),
            Grow = input.Whole("grow", 0, 256, 0),
        };
    }

    private static List<float> Channels(ManifestSection input, string key, int channels, Predicate<double> holds)
    {
        var mend = channels == 1 ? "write one number, in brackets" : "write one number a channel (3)";
        if (key == "std")
            mend += ", none of them 0: it is divided by";
        var values = input.Numbers(key, holds, mend);
        input.Rule(values is null || values.Count == channels, key, $"{values?.Count} values", mend);
        return values is null ? [] : values.ConvertAll(value => (float)value);
    }

    private static bool Fits(double value) => float.IsFinite((float)value);
}
