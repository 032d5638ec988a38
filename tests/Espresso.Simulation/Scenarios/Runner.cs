using System.Diagnostics;
using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Scenarios;

/// <summary>Runs every stack of every scenario, as many at a time as there are cores; each run is by itself and the same in any company.</summary>
internal static class Runner
{
    public static IReadOnlyList<ScenarioResult> Run(IReadOnlyList<Scenario> scenarios, int seed)
    {
        var runs = scenarios.SelectMany((scenario, at) => scenario.Stacks.Select((stack, index) => (scenario, at, stack, index))).ToList();
        var results = scenarios.Select(scenario => new FleetResult[scenario.Stacks.Count]).ToArray();
        var times = scenarios.Select(scenario => new TimeSpan[scenario.Stacks.Count]).ToArray();
        // The longest, the last scenario, begins first, so that no core ends long before the other.
        Parallel.ForEach(
            runs.AsEnumerable().Reverse(),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            run =>
            {
                var watch = Stopwatch.StartNew();
                results[run.at][run.index] = run.scenario.Run(run.stack, seed);
                times[run.at][run.index] = watch.Elapsed;
            });
        return [.. scenarios.Select((scenario, at) =>
            new ScenarioResult(scenario, results[at], [.. scenario.Derive(results[at])]) { WallTimes = times[at] })];
    }
}
