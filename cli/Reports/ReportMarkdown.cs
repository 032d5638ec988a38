using System.Text;

namespace Espresso.Cli.Reports;

/// <summary>A report as Markdown, with its pictures as files in a folder beside it.</summary>
internal static class ReportMarkdown
{
    /// <param name="pictures">Called for each picture: where it goes, from the file's own folder.</param>
    public static string Of(Report report, Func<Preview, string> pictures)
    {
        var text = new StringBuilder($"# {report.Title}\n");
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
        Heading heading => $"## {heading.Text}",
        Paragraph paragraph => paragraph.Text,
        Checklist list => string.Join('\n', list.Items.Select(item => $"- [{(item.IsGood ? 'x' : ' ')}] **{item.Name}** {item.Said}")),
        Table table => Rows(table.Heads, table.Rows),
        Figures figures => Rows([.. figures.All.Select(figure => figure.Caption)], [[.. figures.All.Select(figure => figure.Picture is { } picture ? $"![]({pictures(picture)})" : figure.Text)]]),
        _ => throw new ArgumentOutOfRangeException(nameof(block), block, "no such block"),
    };

    private static string Rows(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows) =>
        string.Join('\n', [Row(heads), Row([.. heads.Select(_ => "---")]), .. rows.Select(Row)]);

    private static string Row(IReadOnlyList<string> cells) =>
        $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal)))} |";
}
