using System.Text;
using Espresso.Simulation.Scenarios;

namespace Espresso.Simulation.Reports;

/// <summary>One page with a section a scenario, and the charts beside it as files. The same seed gives the same bytes.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; font-size: 13px; margin: .8rem 0; }
        th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e4e4e4; font-variant-numeric: tabular-nums; }
        th:first-child, td:first-child { text-align: left; } th { font-weight: 600; color: #555; }
        tr.own td { font-weight: 600; } h2 { margin-top: 2.5rem; } p { max-width: 46rem; } code { font-size: 13px; }
        """;

    /// <returns>The page's path.</returns>
    public static string Write(string folder, IReadOnlyList<ScenarioResult> results, int seed, bool quick)
    {
        foreach (var result in results)
            File.WriteAllText(Path.Combine(folder, $"{result.Scenario.Name}.svg"), Charts.Of(result).Render());
        var page = Path.Combine(folder, "report.html");
        File.WriteAllText(page, Render(results, seed, quick));
        return page;
    }

    public static string Render(IReadOnlyList<ScenarioResult> results, int seed, bool quick)
    {
        var text = new StringBuilder("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Espresso: fleet simulation</title>\n<style>");
        text.Append(Style).Append("</style>\n<h1>Fleet simulation</h1>\n<p>");
        text.Append(Html.Escape(
            $"Seed {seed}{(quick ? ", quick runs" : "")}. The mesh's own batching, routing and admission run in virtual time over modelled devices and networks. "
            + "\"espresso\" is the mesh; each other stack is the mesh with one policy replaced, but for round_robin_fixed_window, where all are. "
            + "Goodput is answers within the deadline. Latencies are those of accepted requests, from the coordinator's door and back; what was late counts with its deadline. "
            + "GPU-seconds are device time, wasted work included."));
        text.Append("</p>\n");
        foreach (var result in results)
            Section(text, result);
        return text.Append("</html>\n").ToString();
    }

    private static void Section(StringBuilder text, ScenarioResult result)
    {
        text.Append($"<h2 id=\"{result.Scenario.Name}\">{Html.Escape(result.Scenario.Title)}</h2>\n<p>{Html.Escape(result.Scenario.About)}</p>\n");
        text.Append(Charts.Of(result).Render());
        Table(text, Columns.Names, result.Results.Select(Columns.Of));
        var refusals = result.Results.SelectMany(run => run.Tally.Refusals.Select(refusal => new[] { run.Stack, refusal.Key, $"{refusal.Value:#,0}" })).ToList();
        if (refusals.Count > 0)
            Table(text, ["refusals of", "reason", "requests"], refusals);
        Table(text, ["figure", "value"], result.Figures.Select(figure => new[] { $"{result.Scenario.Name}.{figure.Name}", $"{figure.Value:0.####}" }));
    }

    private static void Table(StringBuilder text, IReadOnlyList<string> head, IEnumerable<string[]> rows)
    {
        text.Append("<table><tr>");
        foreach (var cell in head)
            text.Append($"<th>{Html.Escape(cell)}</th>");
        text.Append("</tr>\n");
        foreach (var row in rows)
        {
            text.Append(string.Equals(row[0], Policies.Stack.Mesh.Name, StringComparison.Ordinal) ? "<tr class=\"own\">" : "<tr>");
            foreach (var cell in row)
                text.Append($"<td>{Html.Escape(cell)}</td>");
            text.Append("</tr>\n");
        }

        text.Append("</table>\n");
    }
}

internal static class Html
{
    public static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");
}
