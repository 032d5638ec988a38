using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Scenarios;

/// <summary>A load on a fleet, run with several stacks of policies.</summary>
/// <param name="Name">Prefix of its figures.</param>
/// <param name="About">For the report's reader: what happens, and what to look for.</param>
/// <param name="Run">One stack's run.</param>
/// <param name="Derive">Figures, by names without the prefix, from the results in the stacks' order (the mesh's own first).</param>
internal sealed record Scenario(
    string Name,
    string Title,
    string About,
    IReadOnlyList<Stack> Stacks,
    Func<Stack, int, FleetResult> Run,
    Func<IReadOnlyList<FleetResult>, IEnumerable<(string Name, double Value)>> Derive)
{
    public ChartKind Chart { get; init; } = ChartKind.Goodput;
}

internal enum ChartKind
{
    /// <summary>Offered, answered and capacity over time.</summary>
    Goodput,

    /// <summary>The share of requests that took longer, over latency.</summary>
    Tail,
}

internal sealed record ScenarioResult(Scenario Scenario, IReadOnlyList<FleetResult> Results, IReadOnlyList<(string Name, double Value)> Figures)
{
    /// <summary>Real time of each run, in the results' order. Not part of the report.</summary>
    public IReadOnlyList<TimeSpan> WallTimes { get; init; } = [];
}
