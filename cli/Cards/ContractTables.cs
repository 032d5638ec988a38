using System.Globalization;
using Espresso.Cli.Checking;
using Espresso.Cli.Reports;
using Espresso.Manifests;

namespace Espresso.Cli.Cards;

/// <summary>What goes into a model and what comes out of it, from its manifest. Pure.</summary>
internal static class ContractTables
{
    public static Table Inputs(Manifest manifest) =>
        new(["input", "kind", "size", "values"], [.. manifest.Inputs.Select<InputSpec, IReadOnlyList<string>>(input => [input.Name, Kind(input), Size(input), ValuesOf(input)])]);

    public static Table Outputs(Manifest manifest) =>
        new(["output", "kind", "what it says"], [.. manifest.Outputs.Select<OutputSpec, IReadOnlyList<string>>(output => [output.As, Word(output.Kind), Meaning(output)])]);

    private static string Kind(InputSpec input) => input.From is { } from ? $"{Word(input.Kind)}, otherwise {from}" : Word(input.Kind);

    private static string Size(InputSpec input) => input.Kind == InputKind.Tensor
        ? $"[{string.Join(", ", input.Shape)}]"
        : $"{input.Width} × {input.Height}, {Word(input.Fit)}{(input.Kind == InputKind.Picture ? $", {Word(input.Channels)}" : "")}";

    private static string ValuesOf(InputSpec input)
    {
        if (input.Kind == InputKind.Tensor)
            return "as they come";
        var said = new List<string> { $"pixel × {Number(input.Scale)}" };
        if (input.Mean.Any(mean => mean != 0))
            said.Add($"− [{string.Join(", ", input.Mean.Select(Number))}]");
        if (input.Std.Any(std => std != 1))
            said.Add($"÷ [{string.Join(", ", input.Std.Select(Number))}]");
        if (input.Threshold is { } threshold)
            said.Add($", from {Number(threshold)} on 1");
        if (input.Grow > 0)
            said.Add($", grown by {input.Grow}");
        return string.Join(" ", said).Replace(" ,", ",", StringComparison.Ordinal);
    }

    private static string Meaning(OutputSpec output) => output.Kind switch
    {
        OutputKind.Labels => $"{PackageFiles.Count(output.Labels.Count, "name")}, the best {output.Top}{(output.Least is { } least ? $" from {Number(least)} on" : "")}",
        OutputKind.Scores => string.Join("; ", output.Scores.Select(score => $"{score.Name} {Range(score.Range)}: {score.Meaning}")),
        OutputKind.Embedding => $"{output.Size} numbers",
        OutputKind.Text => $"UTF-8, {output.Length} bytes at the most",
        _ => $"{(output.Range is { } range ? $"black to white is {Range(range)}" : "black to white is each picture's smallest to largest")}; {Word(output.Media)}{(output.Blend is { } blend ? $"; outside of {blend} the picture itself" : "")}",
    };

    private static string Range(ValueRange range) => $"{Number(range.Low)} to {Number(range.High)}";

    private static string Number(float number) => number.ToString("0.#####", CultureInfo.InvariantCulture);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
