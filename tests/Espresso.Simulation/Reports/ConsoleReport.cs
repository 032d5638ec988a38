using Espresso.Simulation.Scenarios;
using Spectre.Console;

namespace Espresso.Simulation.Reports;

/// <summary>The results as tables.</summary>
internal static class ConsoleReport
{
    private const int FileWidth = 160;

    public static void Write(IReadOnlyList<ScenarioResult> results)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = FileWidth; // a file has no width; without one the columns would be broken at 80
        foreach (var result in results)
        {
            var table = new Table().Title(result.Scenario.Title).AddColumn(result.Scenario.Name);
            foreach (var column in Columns.Names.Skip(1))
                table.AddColumn(new TableColumn(column).RightAligned());
            foreach (var run in result.Results)
                table.AddRow([.. Columns.Of(run).Select(Markup.Escape)]);
            AnsiConsole.Write(table);
        }

        var figures = new Table().Title("figures").AddColumn("name").AddColumn(new TableColumn("value").RightAligned());
        foreach (var result in results)
        {
            foreach (var (name, value) in result.Figures)
                figures.AddRow($"{result.Scenario.Name}.{name}", $"{value:0.####}");
        }

        AnsiConsole.Write(figures);
    }

    public static void WriteTimes(IReadOnlyList<ScenarioResult> results, TimeSpan all)
    {
        foreach (var result in results)
        {
            var events = result.Results.Sum(run => run.Events);
            Console.WriteLine($"{result.Scenario.Name}: {result.WallTimes.Sum(time => time.TotalSeconds):0.0} s of real time for {events / 1e6:0.0} million events");
        }

        Console.WriteLine($"all: {all.TotalSeconds:0.0} s on {Environment.ProcessorCount} cores");
    }
}
