using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;
using Espresso.Simulation.Scenarios;

namespace Espresso.Simulation.Reports;

/// <summary>A scenario's results as charts.</summary>
internal static class Charts
{
    /// <summary>Told apart by people who do not tell red from green, too (Okabe and Ito's palette); the mesh itself is the strong blue.</summary>
    private static readonly string[] Colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f"];

    public static SvgChart Of(ScenarioResult result) => result.Scenario.Chart == ChartKind.Tail ? Tail(result) : Goodput(result);

    private static SvgChart Tail(ScenarioResult result)
    {
        const double Least = 0.0001;
        var lines = result.Results.Select((run, i) => LineOf(
            run, i, [.. run.Tally.Latencies.Distribution().Select(point => (point.Ms, Math.Max(1 - point.Share, Least)))])).ToList();
        var points = lines.SelectMany(line => line.Points).ToList();
        var (from, to) = (points.Min(point => point.X), points.Max(point => point.X));
        return new SvgChart(
            "share of the pictures that took longer",
            new Axis("latency, ms", Decade(from, Math.Floor), Decade(to, Math.Ceiling), Logarithmic: true),
            new Axis("share (0.01: the p99)", Least, 1, Logarithmic: true), lines);
    }

    private static SvgChart Goodput(ScenarioResult result)
    {
        var mesh = result.Results[0];
        var window = mesh.Tally.Window;
        var inHours = mesh.Tally.Windows.Count * window > TimeSpan.FromHours(3);
        var whole = (int)(TimeSpan.FromSeconds(mesh.Seconds) + mesh.Tally.From).Divide(window);
        var lines = new List<Series>
        {
            new("offered", Over(mesh, at => at.Offered), "#bbbbbb"),
            new("capacity", [(0, mesh.Capacity), (At(whole), mesh.Capacity)], "#444444", 0.8, Dashed: true),
        };
        lines.AddRange(result.Results.Select((run, i) => LineOf(run, i, Over(run, at => at.Answered))));
        // What is offered may be many times what is answered: the axis ends where its shape is still seen.
        var most = Math.Min(lines[0].Points.Max(point => point.Y), 1.6 * mesh.Capacity);
        return new SvgChart(
            "answers within the deadline",
            new Axis(inHours ? "time, hours" : "time, s", 0, At(whole)),
            Axis.UpTo("pictures per second", Math.Max(most, lines.Skip(1).SelectMany(line => line.Points).Max(point => point.Y))), lines);

        double At(int index) => inHours ? (index * window).TotalHours : (index * window).TotalSeconds;

        List<(double, double)> Over(FleetResult run, Func<Measures.Window, long> what) =>
            [.. run.Tally.Windows.Take(whole).Select((at, i) => (At(i) + (At(1) / 2), what(at) / window.TotalSeconds))];
    }

    /// <summary>A stack has one colour in all charts; those of one scenario alone have their places'.</summary>
    private static Series LineOf(FleetResult run, int index, IReadOnlyList<(double X, double Y)> points)
    {
        var at = Stack.All.TakeWhile(stack => !string.Equals(stack.Name, run.Stack, StringComparison.Ordinal)).Count();
        at = at < Stack.All.Count ? at : index;
        return new Series(run.Stack, points, Colours[at], at == 0 ? 2 : 1);
    }

    private static double Decade(double value, Func<double, double> round) => Math.Pow(10, round(Math.Log10(value)));
}
