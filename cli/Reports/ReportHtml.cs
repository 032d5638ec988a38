using System.Net;
using System.Text;

namespace Espresso.Cli.Reports;

/// <summary>A report as one HTML file that needs no other: pictures and style are in it, scripts there are none.</summary>
internal static class ReportHtml
{
    private const string Style = """
        body { font: 15px/1.45 system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif; color: #2b2320; background: #fbfaf8; max-width: 1180px; margin: 2em auto; padding: 0 1.5em }
        h1 { font-size: 1.5em } h2 { font-size: 1.1em; margin: 1.6em 0 .5em; color: #9c5f34 }
        table { border-collapse: collapse; margin: .6em 0 } th, td { padding: .2em 1em .2em 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e4ded8 } th { color: #8a7f78; font-weight: 500 }
        ul { list-style: none; padding: 0 } li { padding: .15em 0 } .good { color: #3f7d58 } .bad { color: #b3261e } li b { display: inline-block; min-width: 7em }
        .row { display: flex; flex-wrap: wrap; gap: 1em; margin: .8em 0 } figure { margin: 0 } figure img { display: block; max-width: 205px; border: 1px solid #e4ded8; background: #fff }
        figure pre { margin: 0; width: 190px; min-height: 5em; padding: .6em; border: 1px solid #e4ded8; background: #fff; white-space: pre-wrap; font-size: .85em } figcaption { font-size: .85em; color: #5c524c; max-width: 205px }
        @page { margin: 12mm } @media print { body { background: #fff; margin: 0; padding: 0; font-size: 10px; line-height: 1.3 } figure img { max-width: 130px } h2 { margin: .8em 0 .2em; break-after: avoid } ul, p { margin: .4em 0 } th, td { padding: .1em 1em .1em 0 } }
        """;

    public static string Of(Report report)
    {
        var html = new StringBuilder();
        html.AppendLine("<!doctype html>").AppendLine("<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        html.AppendLine($"<title>{Text(report.Title)}</title><style>").AppendLine(Style).AppendLine("</style></head><body>");
        html.AppendLine($"<h1>{Text(report.Title)}</h1>");
        foreach (var block in report.Blocks)
            html.AppendLine(Of(block));
        return html.AppendLine("</body></html>").ToString();
    }

    private static string Of(Block block) => block switch
    {
        Heading heading => $"<h2>{Text(heading.Text)}</h2>",
        Paragraph paragraph => $"<p>{Text(paragraph.Text)}</p>",
        Checklist list => $"<ul>{string.Concat(list.Items.Select(Item))}</ul>",
        Table table => $"<table><tr>{Cells("th", table.Heads)}</tr>{string.Concat(table.Rows.Select(row => $"<tr>{Cells("td", row)}</tr>\n"))}</table>",
        Figures figures => $"<div class=\"row\">{string.Concat(figures.All.Select(Of))}</div>",
        _ => throw new ArgumentOutOfRangeException(nameof(block), block, "no such block"),
    };

    private static string Of(Figure figure) => "<figure>"
        + (figure.Picture is { } picture
            ? $"<img alt=\"{Text(figure.Caption)}\" src=\"data:{picture.MediaType};base64,{Convert.ToBase64String(picture.Bytes)}\">"
            : $"<pre>{Text(figure.Text)}</pre>")
        + $"<figcaption>{Text(figure.Caption)}</figcaption></figure>\n";

    private static string Item(CheckItem item) =>
        $"<li><span class=\"{(item.IsGood ? "good\">✓" : "bad\">✗")}</span> <b>{Text(item.Name)}</b> {Text(item.Said)}</li>\n";

    private static string Cells(string tag, IEnumerable<string> cells) => string.Concat(cells.Select(cell => $"<{tag}>{Text(cell)}</{tag}>"));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
