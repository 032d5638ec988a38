using System.Text.RegularExpressions;
using Espresso.Cli.Client;
using Espresso.Cli.Waterfall;
using Spectre.Console;

namespace Espresso.Cli.Commands;

/// <summary>Writes a reply's files and tells the person what is in them and where the time went.</summary>
internal static class Results
{
    private const int Widest = 120;

    /// <returns>The exit code: 0 if every model that was asked for answered, else 1.</returns>
    public static async Task<int> Show(CliContext context, InferReply reply, string photo, string folder, CancellationToken cancellation)
    {
        var files = await ResultFiles.Write(reply, folder, cancellation);
        var waterfall = RequestWaterfall.Of(reply);
        var svg = Path.Combine(folder, "waterfall.svg");
        await WholeFile.Write(svg, WaterfallSvg.Draw(waterfall, $"{photo}, {reply.Picture.Format} {reply.Picture.Width} × {reply.Picture.Height}"), cancellation);

        context.Output.WriteLine();
        var width = files.Select(file => file.Path.Length).Append(svg.Length).Max();
        foreach (var file in files)
            context.Output.WriteLine($"{file.Path.PadRight(width)}  {file.Result.Title}{Summary(file.Output)}");
        context.Output.WriteLine($"{svg.PadRight(width)}  where the time went:");
        context.Output.WriteLine();
        foreach (var line in WaterfallText.Lines(waterfall, Math.Min(Widest, context.Console.Profile.Width)))
            context.Console.MarkupLine(Coloured(line));
        context.Output.WriteLine();

        var failed = reply.Results.Values.Where(result => !result.IsOk).ToList();
        foreach (var result in failed)
            context.Console.MarkupLineInterpolated($"[red]{result.Title}: {result.Status}[/], {result.Message ?? result.Reason}");
        return failed.Count == 0 ? 0 : 1;
    }

    /// <summary>The bars in the colours that they have in the picture.</summary>
    private static string Coloured(string line)
    {
        var text = Markup.Escape(line);
        return Enum.GetValues<SegmentKind>().Aggregate(text, (coloured, kind) => Regex.Replace(
            coloured, $"{Regex.Escape($"{WaterfallText.Glyph(kind)}")}+", bar => $"[{WaterfallSvg.Colour(kind)}]{bar.Value}[/]", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    /// <summary>What an output is, for a line: ", 1280 × 960" of a picture, ": day 0.98, sharp 0.9" of labels.</summary>
    internal static string Summary(OutputInfo output) => output switch
    {
        { Labels: { } labels } => $": {(labels.Count > 0 ? string.Join(", ", labels.Select(label => $"{label.Name} {label.Score:0.##}")) : "none")}",
        { Scores: { } scores } => $": {string.Join(", ", scores.Select(score => $"{score.Key} {score.Value:0.##}"))}",
        { Embedding: { } vector } => $": {vector.Count} numbers, {string.Join(", ", vector.Take(4).Select(number => $"{number:0.###}"))}{(vector.Count > 4 ? ", …" : "")}",
        { Text: { } text } => $": {OneLine(text)}",
        _ => $", {output.Width} × {output.Height}{Range(output)}",
    };

    /// <summary>A model's text must not steer the terminal.</summary>
    private static string OneLine(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));

    private static string Range(OutputInfo output) =>
        output is { Kind: "map", Low: { } low, High: { } high } ? $", black {low:0.###} to white {high:0.###}" : "";
}
