using System.Text;
using System.Text.RegularExpressions;

namespace Espresso.Cli.Reports;

/// <summary>A report as Markdown, with its pictures as files in a folder beside it. Its texts are texts: what a label or a title says makes no link, picture or heading.</summary>
internal static partial class ReportMarkdown
{
    /// <param name="pictures">Called for each picture: where it goes, from the file's own folder.</param>
    public static string Of(Report report, Func<Preview, string> pictures)
    {
        var text = new StringBuilder($"# {Text(report.Title)}\n");
        foreach (var block in report.Blocks)
            text.Append('\n').Append(Of(block, pictures)).Append('\n');
        return text.ToString();
    }

    /// <summary>Writes <c>path.md</c>, and the pictures to <c>path/1.png</c> and so on.</summary>
    public static async Task Write(Report report, string path, CancellationToken cancellation)
    {
        var pictures = new List<(string Path, byte[] Bytes)>();
        var text = Of(report, picture =>
        {
            var name = $"{Path.GetFileName(path)}/{pictures.Count + 1}.{picture.Extension}";
            pictures.Add((Path.Combine(Path.GetDirectoryName(path)!, name), picture.Bytes));
            return name;
        });
        if (pictures.Count > 0)
            Directory.CreateDirectory(path);
        foreach (var (file, bytes) in pictures)
            await WholeFile.Write(file, bytes, cancellation);
        await WholeFile.Write($"{path}.md", text, cancellation);
    }

    private static string Of(Block block, Func<Preview, string> pictures) => block switch
    {
        Heading heading => $"## {Text(heading.Text)}",
        Paragraph paragraph => Text(paragraph.Text),
        Checklist list => string.Join('\n', list.Items.Select(item => $"- [{(item.IsGood ? 'x' : ' ')}] **{Text(item.Name)}** {Text(item.Said)}")),
        Table table => Rows(table.Heads.Select(Cell), table.Rows.Select(row => row.Select(Cell))),
        Figures figures => Rows(
            figures.All.Select(figure => Cell(figure.Caption)),
            [figures.All.Select(figure => figure.Picture is { } picture ? $"![]({pictures(picture)})" : Cell(figure.Text))]),
        _ => throw new ArgumentOutOfRangeException(nameof(block), block, "no such block"),
    };

    private static string Rows(IEnumerable<string> heads, IEnumerable<IEnumerable<string>> rows) =>
        string.Join('\n', [Row(heads), Row(heads.Select(_ => "---")), .. rows.Select(Row)]);

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Cell(string text) => string.Join("<br>", text.Split('\n').Select(Text));

    /// <summary>In one line, and with nothing in it that Markdown or HTML would read.</summary>
    private static string Text(string text) => Marks().Replace(text, @"\$0").ReplaceLineEndings(" ");

    [GeneratedRegex(@"[\\`*\[<|]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marks();
}
