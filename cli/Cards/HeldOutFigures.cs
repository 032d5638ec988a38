using System.Text.RegularExpressions;
using Espresso.Cli.Reports;

namespace Espresso.Cli.Cards;

/// <summary>What a package's README says of pictures that were kept from training: the paragraph that begins with "How good", and the table after it. Pure.</summary>
internal static partial class HeldOutFigures
{
    /// <returns>Empty: it says nothing.</returns>
    public static IReadOnlyList<Block> Of(string readme)
    {
        var parts = Blank().Split(readme.ReplaceLineEndings("\n").Trim());
        var at = Array.FindIndex(parts, part => Lead().IsMatch(part));
        if (at < 0)
            return [];
        var told = Lead().Replace(parts[at], "").Trim();
        if (told.Length == 0 && at + 1 < parts.Length)
            told = parts[++at]; // the lead was a heading
        var table = at + 1 < parts.Length && parts[at + 1].StartsWith('|') ? parts[at + 1] : null;
        if (told.StartsWith('|'))
            return [TableOf(told)];
        return table is null ? [new Paragraph(Plain(told))] : [new Paragraph(Plain(told)), TableOf(table)];
    }

    private static Table TableOf(string text)
    {
        var rows = text.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Trim().Trim('|').Split('|').Select(cell => Plain(cell.Trim())).ToList()).ToList();
        return new Table(rows[0], [.. rows.Skip(2)]);
    }

    /// <summary>Without Markdown's marks.</summary>
    private static string Plain(string text) => Marks().Replace(Link().Replace(text, "${text}"), "").Replace('\n', ' ');

    [GeneratedRegex(@"\n[ \t]*\n\s*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blank();

    [GeneratedRegex(@"^(#+ *how good[^\n]*|\*\*how good[^*]*\*\*)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Lead();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\([^)]*\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"\*\*|`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marks();
}
