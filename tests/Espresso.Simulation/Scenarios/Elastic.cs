using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;
using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Scenarios;

/// <summary>Fleets whose size follows the load: by what requests ask for, by how busy the devices are, by what waits; and one that is fixed.</summary>
internal static class Elastic
{
    private static readonly Stack[] Stacks =
    [
        Stack.Mesh with { Scaling = [Scaling.Demand, Scaling.Backlog] },
        Stack.Mesh with { Name = "by_demand", Scaling = [Scaling.Demand] },
        Stack.Mesh with { Name = "by_backlog", Scaling = [Scaling.Backlog] },
        Stack.Mesh with { Name = "by_utilisation", Scaling = [Scaling.Busy] },
        Stack.Mesh with { Name = "fixed" },
    ];

    public static Scenario Spike(bool quick)
    {
        var (begin, rise, stay) = (TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(quick ? 4 : 10));
        return Of(
            "elastic_spike", "A spike of × 30 in two minutes, and a fleet that grows with it",
            "The load grows from what one replica does to what 30 do, stays, and falls as fast.",
            one => Rates.Spike(one, 30, begin, rise, stay), 60, TimeSpan.FromMinutes(1), begin + (2 * rise) + stay + TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(15));
    }

    public static Scenario Day(bool quick) => Of(
        "elastic_day", "A day, and a fleet that follows it", "24 hours, from what one replica does at night to what ten do in the afternoon.",
        one => Rates.Diurnal(one, 10 * one), 16, TimeSpan.Zero, TimeSpan.FromHours(24), TimeSpan.FromMinutes(15));

    private static Scenario Of(string name, string title, string about, Func<double, Func<TimeSpan, double>> rate, int most, TimeSpan warmup, TimeSpan end, TimeSpan window)
    {
        FleetOptions Fleet(Stack stack) => new()
        {
            Shapes = ShapeMix.Single(200, 300),
            Stack = stack,
            Replicas = most,
            First = stack.Scaling.Count == 0 ? most : 2,
            MaxBatch = 8,
            MaxPending = 64,
            Deadline = TimeSpan.FromSeconds(10),
        };
        return new Scenario(
            name, title,
            $"{about} 200 + 300 · n ms, deadline 10 s; a new replica takes 30 s to start, up to {most}. The autoscaler is Kubernetes' with its defaults: every 15 s, on a minute's mean. "
            + "\"espresso\" follows the demand, aiming at 70 %, and the backlog, aiming at a tenth of the deadline a replica: whichever wants more; by_demand and by_backlog follow one of "
            + "them, by_utilisation how busy the devices are, aiming at 70 %; "
            + $"fixed has {most} replicas at all times. What is paid for is every replica's time, busy or not.",
            Stacks,
            (stack, seed) =>
            {
                var fleet = Fleet(stack);
                return new FleetSimulation(fleet, new Load(rate(fleet.Capacity / most), warmup, end, window), seed).Run();
            },
            results => results.SelectMany(result => new (string, double)[]
            {
                (Catalogue.Named("answered_share", result), (double)result.Tally.AnsweredCount / result.Tally.OfferedCount),
                (Catalogue.Named("p99_ms", result), result.P99),
                (Catalogue.Named("paid_seconds_per_1000", result), result.PaidPer1000),
            }));
    }
}
