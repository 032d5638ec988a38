using System.Diagnostics;
using Espresso.Simulation;
using Espresso.Simulation.Reports;
using Espresso.Simulation.Scenarios;

SimulationOptions options;
try
{
    options = SimulationOptions.Parse(args);
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine(SimulationOptions.Usage);
    return 2;
}

var scenarios = Catalogue.All(options.Quick)
    .Where(scenario => options.Scenario is null || options.Scenario.Split(',').Any(name => scenario.Name.StartsWith(name, StringComparison.Ordinal))).ToList();
if (scenarios.Count == 0)
{
    Console.Error.WriteLine($"no scenario's name begins with '{options.Scenario}'");
    return 2;
}

var watch = Stopwatch.StartNew();
var results = Runner.Run(scenarios, options.Seed);
ConsoleReport.Write(results);
FiguresFile.Write(Path.Combine(Directory.CreateDirectory(options.Out).FullName, "figures.json"), results);
if (options.Json is not null)
    FiguresFile.Write(options.Json, results);
var page = HtmlReport.Write(options.Out, results, options.Seed, options.Quick);
// Wall times stand here and nowhere else: the report and the figures are the same for the same seed.
ConsoleReport.WriteTimes(results, watch.Elapsed);
Console.WriteLine($"report: {page}");
return 0;
