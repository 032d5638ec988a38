using System.Globalization;
using System.Security;
using System.Text;

namespace Espresso.Cli.Waterfall;

/// <summary>The waterfall as a picture: an SVG of its own colours, readable on light and dark pages.</summary>
internal static class WaterfallSvg
{
    private const int Width = 960;
    private const int Left = 150;
    private const int Right = 220;
    private const int Top = 76;
    private const int RowHeight = 34;
    private const int BarHeight = 20;

    /// <param name="title">What was asked, for the head line.</param>
    public static string Draw(RequestWaterfall waterfall, string title)
    {
        var bottom = Top + (waterfall.Rows.Count * RowHeight);
        var height = bottom + 56;
        var svg = new StringBuilder();
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif\" font-size=\"13\">");
        Line($"<rect width=\"{Width}\" height=\"{height}\" rx=\"8\" fill=\"#fbfaf8\"/>");
        Line($"<text x=\"24\" y=\"34\" font-size=\"17\" font-weight=\"600\" fill=\"#2b2320\">{SecurityElement.Escape(title)}</text>");
        Line($"<text x=\"{Width - 24}\" y=\"34\" font-size=\"17\" text-anchor=\"end\" fill=\"#2b2320\">{waterfall.TotalMs:0} ms</text>");
        Grid();
        for (var i = 0; i < waterfall.Rows.Count; i++)
            Row(waterfall.Rows[i], Top + (i * RowHeight));
        Legend();
        Line($"</svg>");
        return svg.ToString();

        void Grid()
        {
            var step = WaterfallText.Step(waterfall.TotalMs);
            for (var mark = 0; mark * step <= waterfall.TotalMs; mark++)
            {
                var x = X(mark * step);
                Line($"<line x1=\"{x:0.#}\" y1=\"{Top - 6}\" x2=\"{x:0.#}\" y2=\"{bottom}\" stroke=\"#e4ded8\"/>");
                Line($"<text x=\"{x:0.#}\" y=\"{Top - 12}\" font-size=\"11\" text-anchor=\"middle\" fill=\"#8a7f78\">{mark * step:0.###}</text>");
            }
        }

        void Row(WaterfallRow row, int y)
        {
            var middle = y + (RowHeight / 2);
            Line($"<text x=\"{Left - 12}\" y=\"{middle + 4}\" text-anchor=\"end\" fill=\"#2b2320\">{SecurityElement.Escape(row.Title)}</text>");
            foreach (var segment in row.Segments)
            {
                var width = Math.Max(1, X(segment.End) - X(segment.Start));
                Line($"<rect x=\"{X(segment.Start):0.##}\" y=\"{middle - (BarHeight / 2)}\" width=\"{width:0.##}\" height=\"{BarHeight}\" fill=\"{Colour(segment.Kind)}\"><title>{WaterfallText.Name(segment.Kind)}: {segment.Length:0.##} ms</title></rect>");
            }

            Line($"<text x=\"{Width - Right + 84}\" y=\"{middle + 4}\" text-anchor=\"end\" fill=\"#2b2320\">{row.End - row.Start:0.0} ms</text>");
            Line($"<text x=\"{Width - Right + 94}\" y=\"{middle + 4}\" font-size=\"11\" fill=\"#8a7f78\">{SecurityElement.Escape(row.Note)}</text>");
        }

        void Legend()
        {
            var x = Left;
            foreach (var kind in waterfall.Rows.SelectMany(row => row.Segments).Select(segment => segment.Kind).Distinct().Order())
            {
                Line($"<rect x=\"{x}\" y=\"{bottom + 20}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{Colour(kind)}\"/>");
                Line($"<text x=\"{x + 18}\" y=\"{bottom + 31}\" font-size=\"12\" fill=\"#5c524c\">{WaterfallText.Name(kind)}</text>");
                x += 96;
            }
        }

        double X(double milliseconds) => Left + (milliseconds / Math.Max(waterfall.TotalMs, 0.001) * (Width - Left - Right));

        void Line(FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    internal static string Colour(SegmentKind kind) => kind switch
    {
        SegmentKind.Receive => "#a3b5a6",
        SegmentKind.Plan => "#b08968",
        SegmentKind.Decode => "#4d908e",
        SegmentKind.Resample => "#90be6d",
        SegmentKind.Queue => "#cfc3b8",
        SegmentKind.Compute => "#9c5f34",
        SegmentKind.Transfer => "#9fb1bd",
        _ => "#e09f3e",
    };
}
