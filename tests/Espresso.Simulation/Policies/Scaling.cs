using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>What the number of replicas follows; each is a figure of the whole fleet, of which one replica is to have <paramref name="Target"/>.</summary>
/// <param name="Read">The figure; of one that grows, its rate counts.</param>
internal sealed record Scaling(Func<FleetSimulation, double> Read, bool Grows, double Target)
{
    /// <summary>The mesh's own: what requests ask for, those included that are refused, at the costs that the minions measured (<c>espresso.coordinator.demand</c>).</summary>
    public static Scaling Demand { get; } = new(fleet => fleet.Coordinators.Sum(coordinator => coordinator.Demand.TotalSeconds), Grows: true, 0.7);

    /// <summary>How busy the devices are: what most autoscalers see.</summary>
    public static Scaling Busy { get; } = new(fleet => fleet.Minions.Sum(minion => minion.Busy.TotalSeconds), Grows: true, 0.7);

    /// <summary>What waits, in seconds of a replica (<c>espresso.minion.backlog</c>).</summary>
    public static Scaling Backlog { get; } = new(fleet => fleet.Minions.Sum(minion => minion.Backlog().TotalSeconds), Grows: false, 1);
}
