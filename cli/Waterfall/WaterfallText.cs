using System.Text;

namespace Espresso.Cli.Waterfall;

/// <summary>The waterfall as lines of text, to scale: one row a stage, one letter-like block a kind of work.</summary>
internal static class WaterfallText
{
    private const int Narrowest = 20;

    /// <param name="width">Columns that a line may take.</param>
    public static IReadOnlyList<string> Lines(RequestWaterfall waterfall, int width)
    {
        var titles = waterfall.Rows.Max(row => row.Title.Length);
        var values = waterfall.Rows.Max(row => Value(row).Length);
        var columns = Math.Max(Narrowest, width - titles - values - 4);
        var lines = new List<string> { $"{new string(' ', titles)}  {Axis(waterfall.TotalMs, columns)}" };
        foreach (var row in waterfall.Rows)
            lines.Add($"{row.Title.PadRight(titles)}  {Bars(row, waterfall.TotalMs, columns)}  {Value(row)}".TrimEnd());
        var kinds = waterfall.Rows.SelectMany(row => row.Segments).Select(segment => segment.Kind).Distinct().Order();
        lines.Add(string.Join(' ', kinds.Select(kind => $"{Glyph(kind)} {Name(kind)}")));
        return lines;
    }

    internal static string Name(SegmentKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The step between marks that gives four to ten of them: 1, 2 or 5 times a power of ten.</summary>
    internal static double Step(double total)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(total, 0.1) / 4)));
        return new[] { 5, 2, 1 }.Select(factor => factor * power).First(step => total / step >= 4);
    }

    private static string Axis(double total, int columns)
    {
        var line = new StringBuilder(new string(' ', columns + 8));
        var step = Step(total);
        for (var mark = 0; mark * step <= total; mark++)
        {
            var text = $"{mark * step:0.###}";
            var at = Column(mark * step, total, columns);
            if (at + text.Length > columns + 3 || (at > 0 && line[at - 1] != ' '))
                continue;
            line.Remove(at, text.Length).Insert(at, text);
        }

        return line.ToString().TrimEnd() + " ms";
    }

    private static string Bars(WaterfallRow row, double total, int columns)
    {
        var line = new char[columns];
        Array.Fill(line, ' ');
        foreach (var segment in row.Segments)
        {
            // Never narrower than one column: what took time is seen.
            var from = Math.Min(columns - 1, Column(segment.Start, total, columns));
            var to = Math.Clamp(Column(segment.End, total, columns), from + 1, columns);
            Array.Fill(line, Glyph(segment.Kind), from, to - from);
        }

        return new string(line);
    }

    private static int Column(double milliseconds, double total, int columns) =>
        total <= 0 ? 0 : (int)Math.Round(milliseconds / total * columns, MidpointRounding.AwayFromZero);

    private static string Value(WaterfallRow row) => $"{row.End - row.Start,7:0.0} ms{(row.Note.Length == 0 ? "" : $"  {row.Note}")}";

    internal static char Glyph(SegmentKind kind) => kind switch
    {
        SegmentKind.Receive => '░',
        SegmentKind.Plan => '▏',
        SegmentKind.Decode => '▓',
        SegmentKind.Resample => '▚',
        SegmentKind.Queue => '·',
        SegmentKind.Compute => '█',
        SegmentKind.Transfer => '─',
        _ => '▒',
    };
}
