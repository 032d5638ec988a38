using Spectre.Console;

namespace Espresso.Benchmarks;

/// <summary>The figures as tables.</summary>
internal static class Report
{
    private const int FileWidth = 140;

    public static void Write(Figures figures)
    {
        var table = new Table().Title("medians").AddColumn("measurement");
        foreach (var column in new[] { "images/s", "p50 ms", "p95 ms", "p99 ms", "cores", "caller's cores", "MB resident", "failures" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var name in figures.Names)
        {
            var result = figures.Median(name);
            table.AddRow(
                name, $"{result.ImagesPerSecond:0.0}", $"{result.P50Ms:0.00}", $"{result.P95Ms:0.00}", $"{result.P99Ms:0.00}",
                $"{result.Cores:0.00}", $"{result.ClientCores:0.00}", $"{result.ResidentBytes / 1048576.0:0}", $"{result.Failures}");
        }

        var derived = new Table().Title("figures").AddColumn("name").AddColumn(new TableColumn("value").RightAligned());
        foreach (var (name, value) in figures.Derived)
            derived.AddRow(name, $"{value:0.000}");
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = FileWidth; // a file has no width; without one the columns would be broken at 80
        if (figures.Names.Count > 0)
            AnsiConsole.Write(table);
        AnsiConsole.Write(derived);
    }
}
