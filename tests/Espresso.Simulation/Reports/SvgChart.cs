using System.Globalization;
using System.Text;

namespace Espresso.Simulation.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Emphasis">2 for the line that the chart is about.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points, string Colour, double Emphasis = 1, bool Dashed = false);

/// <summary>A line chart as SVG: axes with units and round ticks, a legend, nothing else. Logarithmic axes tick by decades.</summary>
internal sealed record SvgChart(string Title, Axis X, Axis Y, IReadOnlyList<Series> Lines)
{
    private const double Width = 760;
    private const double Height = 380;
    private const double Left = 74;
    private const double Right = 190;
    private const double Top = 40;
    private const double Bottom = 52;

    public string Render()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" ");
        text.Append("font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#333\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        Text(text, Left, 22, Title, "font-size=\"15\" fill=\"#111\"");
        Grid(text);
        foreach (var line in Lines.Reverse())
            Line(text, line); // the first in the legend is the last drawn: above the others
        Legend(text);
        return text.Append("</svg>\n").ToString();
    }

    private double PlotX(double value) => Left + (X.Place(value) * (Width - Left - Right));

    private double PlotY(double value) => Height - Bottom - (Y.Place(value) * (Height - Top - Bottom));

    private void Grid(StringBuilder text)
    {
        foreach (var tick in Y.Ticks())
        {
            Stroke(text, Left, PlotY(tick), Width - Right, PlotY(tick), "#e4e4e4");
            Text(text, Left - 8, PlotY(tick) + 4, Axis.Label(tick), "text-anchor=\"end\"");
        }

        foreach (var tick in X.Ticks())
        {
            Stroke(text, PlotX(tick), Height - Bottom, PlotX(tick), Height - Bottom + 5, "#888");
            Text(text, PlotX(tick), Height - Bottom + 19, Axis.Label(tick), "text-anchor=\"middle\"");
        }

        Stroke(text, Left, Height - Bottom, Width - Right, Height - Bottom, "#888");
        Text(text, (Left + Width - Right) / 2, Height - 12, X.Title, "text-anchor=\"middle\" fill=\"#555\"");
        var middle = (Top + Height - Bottom) / 2;
        Text(text, 18, middle, Y.Title, string.Create(CultureInfo.InvariantCulture, $"text-anchor=\"middle\" fill=\"#555\" transform=\"rotate(-90 18 {middle:0.#})\""));
    }

    private void Line(StringBuilder text, Series line)
    {
        text.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"{1.3 * line.Emphasis:0.##}\" stroke-linejoin=\"round\"");
        text.Append(line.Dashed ? " stroke-dasharray=\"5 4\" points=\"" : " points=\"");
        foreach (var (x, y) in line.Points)
        {
            if (x >= X.Least && x <= X.Most)
                text.Append(CultureInfo.InvariantCulture, $"{PlotX(x):0.#},{PlotY(Math.Clamp(y, Y.Least, Y.Most)):0.#} ");
        }

        text.Append("\"/>\n");
    }

    private void Legend(StringBuilder text)
    {
        var y = Top + 8;
        foreach (var line in Lines)
        {
            var dash = line.Dashed ? " stroke-dasharray=\"5 4\"" : "";
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Width - Right + 16}\" y1=\"{y}\" x2=\"{Width - Right + 40}\" y2=\"{y}\" stroke=\"{line.Colour}\" stroke-width=\"{1.6 * line.Emphasis:0.##}\"{dash}/>\n");
            Text(text, Width - Right + 46, y + 4, line.Name, "");
            y += 20;
        }
    }

    private static void Stroke(StringBuilder text, double x1, double y1, double x2, double y2, string colour) =>
        text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{colour}\"/>\n");

    private static void Text(StringBuilder text, double x, double y, string what, string attributes) =>
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" {attributes}>{Html.Escape(what)}</text>\n");
}
