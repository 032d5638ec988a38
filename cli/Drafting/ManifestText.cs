using System.Globalization;
using System.Text;
using System.Text.Json;
using Espresso.Cli.Packing;
using Espresso.Manifests;

namespace Espresso.Cli.Drafting;

/// <summary>A draft as <c>manifest.yaml</c>, with the remarks that help whoever reads it next.</summary>
internal static class ManifestText
{
    public static string Of(Draft draft, string schema)
    {
        var text = new StringBuilder();
        text.Append($"""
            # yaml-language-server: $schema={schema}
            model: {draft.Model}
            version: "{draft.Version}"
            title: {Quoted(draft.Title)}
            network: {Quoted(draft.Network)}   # {PackageSums.Told(draft.Origin)}
            inputs:

            """);
        foreach (var input in draft.Inputs)
            Input(text, input);
        text.AppendLine("outputs:");
        foreach (var output in draft.Outputs)
            Output(text, output);
        text.AppendLine("batching: { max: 8 }");
        text.AppendLine("execution: { providers: [cpu], instances: 0, threads: 1 }");
        text.AppendLine("serving: { deadline_ms: 10000, max_pending: 64 }");
        if (draft.MemoryMb > 0)
            text.AppendLine($"requirements: {{ memory_mb: {draft.MemoryMb}, gpu: false, batch_ms: {{ {string.Join(", ", draft.BatchMs.Select(batch => $"{batch.Key}: {Number(batch.Value)}"))} }} }}   # as measured here");
        if (draft.Image.Length > 0)
        {
            var mask = draft.Mask is null ? "" : $" mask: {Quoted(draft.Mask)},";
            text.AppendLine("samples:");
            text.AppendLine($"  - {{ image: {Quoted(draft.Image)},{mask} expect: {{ {string.Join(", ", draft.Outputs.Select(output => $"{Quoted(output.As)}: {Quoted(output.Expected)}"))} }}, tolerance: 0.01 }}");
        }

        text.AppendLine("provenance:");
        text.AppendLine($"  source: {Quoted(draft.Source)}");
        text.AppendLine($"  licence: {Quoted(draft.Licence)}");
        text.AppendLine($"  sha256: {draft.Sha256}");
        return text.ToString();
    }

    private static void Input(StringBuilder text, DraftInput input)
    {
        text.AppendLine($"  - name: {Quoted(input.Name)}");
        text.AppendLine($"    kind: {input.Kind.ToString().ToLowerInvariant()}");
        if (input.Values is not { } values)
        {
            text.AppendLine($"    shape: [{string.Join(", ", input.Shape)}]");
            return;
        }

        text.AppendLine($"    width: {input.Width}");
        text.AppendLine($"    height: {input.Height}");
        text.AppendLine($"    fit: {input.Fit}");
        if (input.Kind == InputKind.Picture)
            text.AppendLine($"    channels: {input.Channels}");
        text.AppendLine($"    layout: {(input.IsNhwc ? "nhwc" : "nchw")}");
        text.AppendLine($"    scale: {values.Scale}   # {values.Name}: {values.Meaning}");
        if (values.Mean.Count > 0)
            text.AppendLine($"    mean: [{string.Join(", ", values.Mean)}]");
        if (values.Std.Count > 0)
            text.AppendLine($"    std: [{string.Join(", ", values.Std)}]");
    }

    private static void Output(StringBuilder text, DraftOutput output)
    {
        text.AppendLine($"  - name: {Quoted(output.Name)}");
        if (output.As != output.Name)
            text.AppendLine($"    as: {Name(output.As)}");
        text.AppendLine($"    kind: {output.Kind}");
        switch (output.Kind)
        {
            case "labels":
                text.AppendLine($"    labels: {output.Labels}");
                text.AppendLine($"    activation: {output.Activation}");
                break;
            case "scores":
                text.AppendLine("    scores:");
                for (var i = 0; i < output.Count; i++)
                    text.AppendLine($"      - {{ name: {Name(output.Count == 1 ? output.As : $"{output.As}_{i}")}, range: {output.Range}, meaning: \"say what low and high mean\" }}");
                break;
            case "embedding":
                text.AppendLine($"    size: {output.Count}");
                break;
            default:
                text.AppendLine($"    range: {output.Range ?? "auto"}");
                text.AppendLine($"    layout: {(output.IsNhwc ? "nhwc" : "nchw")}");
                text.AppendLine("    media: png");
                break;
        }
    }

    /// <summary>A JSON string is one of YAML's, whatever is in it.</summary>
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>Bare where nothing else can be meant by it.</summary>
    private static string Name(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') && text is not ("true" or "false" or "null")
            ? text : Quoted(text);

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
