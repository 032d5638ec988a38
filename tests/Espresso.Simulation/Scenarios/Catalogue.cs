using Espresso.Simulation.Fleet;
using Espresso.Simulation.Measures;
using Espresso.Simulation.Policies;
using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Scenarios;

/// <summary>The scenarios of the report. <c>quick</c> ones are shorter, with smaller fleets, and ask the same questions.</summary>
internal static class Catalogue
{
    /// <summary>The simulated accelerator of the load tests: 20 + 3 · n ms.</summary>
    private static readonly ShapeMix Plain = ShapeMix.Single(20, 3);

    /// <summary>Thumbnails to the sixteen megapixels of a camera.</summary>
    private static readonly ShapeMix Photographs = ShapeMix.HeavyTailed(20, 3, 256, 512, 1024, 2048, 4096);

    /// <summary>A shorter tail over more shapes.</summary>
    private static readonly ShapeMix UpToFourMegapixels = ShapeMix.HeavyTailed(20, 3, 256, 384, 512, 768, 1024, 1536, 2048);

    public static IReadOnlyList<Scenario> All(bool quick) =>
        [
            Steady(quick), Tails(quick), MilderTails(quick), Spike(quick), SpikeOfMixedSizes(quick), Overload(quick, 2), Overload(quick, 10),
            OverloadOfMixedSizes(quick), OverloadOfSlowDevices(quick, 2), OverloadOfSlowDevices(quick, 10),
            Loss(quick), Stop(quick), Slow(quick), Diurnal(quick), Elastic.Spike(quick), Elastic.Day(quick), Scale(quick),
        ];

    private static Scenario Steady(bool quick)
    {
        FleetOptions Fleet(Stack stack) => new() { Shapes = Plain, Stack = stack, Replicas = 8, Deadline = Seconds(2) };
        return new Scenario(
            "steady", "One shape at 70 % of capacity", "20 + 3 · n ms, deadline 2 s: nothing happens, and nobody should wait long.",
            Stack.All,
            (stack, seed) => Simulate(Fleet(stack), 0.7, Seconds(5), Seconds(quick ? 35 : 65), seed),
            results => results.SelectMany(result => new (string, double)[]
            {
                (Named("p50_ms", result), result.P50),
                (Named("p99_ms", result), result.P99),
                (Named("gpu_seconds_per_1000", result), result.GpuSecondsPer1000),
            }));
    }

    private static Scenario TailsOf(string name, string title, string about, ShapeMix shapes, bool quick)
    {
        FleetOptions Fleet(Stack stack) => new()
        {
            Shapes = shapes,
            Stack = stack,
            Replicas = quick ? 16 : 32,
            MaxPending = 4096,
            Deadline = Seconds(60),
        };
        return new Scenario(
            name, title,
            $"{about} Nobody is refused: every stack does the same work, and the question is how long the unlucky ones wait. "
            + "A stack whose batches are too small for this load falls behind without end.",
            Stack.All,
            (stack, seed) => Simulate(Fleet(stack), 0.85, Seconds(10), Seconds(quick ? 30 : 70), seed),
            results =>
            {
                var plain = Of(results, Stack.Plain);
                return
                [
                    ("p99_ratio", results[0].P99 / plain.P99),
                    ("p50_ratio", results[0].P50 / plain.P50),
                    ("throughput_ratio", results[0].Goodput / plain.Goodput),
                    ("gpu_seconds_ratio", results[0].GpuSecondsPer1000 / plain.GpuSecondsPer1000),
                ];
            })
        { Chart = ChartKind.Tail };
    }

    private static Scenario Tails(bool quick) => TailsOf(
        "tails", "Heavy-tailed picture sizes at 85 % of capacity",
        "Sides from 256 to 4096, each four times as costly and a fifth as frequent as the one before: two pictures in a thousand are a ninth of the work.",
        Photographs, quick);

    private static Scenario MilderTails(bool quick) => TailsOf(
        "tails_mild", "The same with a shorter tail", "Sides from 256 to 2048 in seven shapes.", UpToFourMegapixels, quick);

    private static Scenario Spike(bool quick) => SpikeOf(
        "spike", "A spike of × 30 in two minutes", "One shape, 20 + 3 · n ms.", Plain, quick);

    private static Scenario SpikeOfMixedSizes(bool quick) => SpikeOf(
        "spike_mixed", "The same spike with heavy-tailed picture sizes", "Sides from 256 to 2048.", UpToFourMegapixels, quick);

    private static Scenario SpikeOf(string name, string title, string about, ShapeMix shapes, bool quick)
    {
        const double Base = 0.3;
        const double Factor = 30;
        var (begin, rise, stay) = (Seconds(20), Seconds(quick ? 20 : 120), Seconds(quick ? 10 : 30));
        var end = begin + (2 * rise) + stay + Seconds(20);
        FleetOptions Fleet(Stack stack) => new() { Shapes = shapes, Stack = stack, Replicas = 4, Deadline = Seconds(2) };
        var capacity = Fleet(Stack.Mesh).Capacity;
        var rate = Rates.Spike(Base * capacity, Factor, begin, rise, stay);
        return new Scenario(
            name, title,
            $"{about} The load grows from 30 % of capacity to nine times capacity, stays, and falls again; deadline 2 s. Capacity is every device "
            + "always busy with batches of the best size of the load's mix of shapes: the ratio reaches 1 only without a moment's idling or a picture too late.",
            Stack.All,
            (stack, seed) => new FleetSimulation(Fleet(stack), new Load(rate, Seconds(5), end, Seconds(5)), seed).Run(),
            results =>
            [
                ("goodput_ratio", Overloaded(results[0], rate).Min()),
                ("goodput_ratio_mean", Overloaded(results[0], rate).Average()),
                ("goodput_ratio_of_full_batches", Overloaded(results[0], rate).Min() * results[0].Capacity / results[0].FullBatchCapacity),
                .. results.Skip(1).Select(other => ($"goodput_ratio_{other.Stack}", Overloaded(other, rate).Min())),
            ]);
    }

    /// <summary>The work ratio of each window in which, and five seconds before which, the load was at least a fifth above capacity.</summary>
    private static IEnumerable<double> Overloaded(FleetResult result, Func<TimeSpan, double> rate)
    {
        var window = result.Tally.Window;
        for (var i = 0; i < result.Tally.Windows.Count; i++)
        {
            var (from, to) = (i * window, (i + 1) * window);
            if (rate(from - window) >= 1.2 * result.Capacity && rate(to) >= 1.2 * result.Capacity)
                yield return result.WorkRatio(result.Tally.Windows[i]);
        }
    }

    private static Scenario Overload(bool quick, int times) => OverloadOf(
        $"overload_{times}x", $"{times} times capacity, steadily", "One shape, 20 + 3 · n ms, deadline 2 s.",
        times, Seconds(5), Seconds(quick ? 15 : 35), stack => new() { Shapes = Plain, Stack = stack, Replicas = 4, Deadline = Seconds(2) });

    private static Scenario OverloadOfMixedSizes(bool quick) => OverloadOf(
        "overload_mixed", "Three times capacity, steadily, with heavy-tailed picture sizes", "Sides from 256 to 2048, deadline 2 s.",
        3, Seconds(10), Seconds(quick ? 30 : 70), stack => new() { Shapes = UpToFourMegapixels, Stack = stack, Replicas = 4, Deadline = Seconds(2) });

    private static Scenario OverloadOfSlowDevices(bool quick, int times) => OverloadOf(
        $"overload_slow_{times}x", $"{times} times capacity, steadily, of slow devices", "One shape, 200 + 300 · n ms in batches of up to 16, deadline 5 s.",
        times, Seconds(30), Seconds(quick ? 330 : 630),
        stack => new() { Shapes = ShapeMix.Single(200, 300), Stack = stack, Replicas = 2, MaxBatch = 16, MaxPending = 64, Deadline = Seconds(5) });

    private static Scenario OverloadOf(string name, string title, string about, int times, TimeSpan warmup, TimeSpan end, Func<Stack, FleetOptions> fleet) => new(
        name, title, about,
        Stack.All,
        (stack, seed) => Simulate(fleet(stack), times, warmup, end, seed),
        results =>
        [
            ("goodput_ratio", WorkRatio(results[0], warmup, end)),
            ("accepted_p99_ms", results[0].P99),
            ("late_share", results[0].LateShare),
            .. results.Skip(1).Select(other => ($"goodput_ratio_{other.Stack}", WorkRatio(other, warmup, end))),
        ]);

    /// <summary>Over all windows of that time.</summary>
    private static double WorkRatio(FleetResult result, TimeSpan from, TimeSpan to) =>
        result.Tally.Windows.Take((int)(to / result.Tally.Window)).Skip((int)(from / result.Tally.Window)).Average(result.WorkRatio);

    private static Scenario Loss(bool quick) => Accident(
        "loss", "A replica is killed at 70 % of capacity", "One of eight ends at 20 s, with what it holds; the others have 80 % of their capacity to do.",
        quick, fleet => fleet.At(Seconds(20), now => now.Minions[0].Kill()));

    private static Scenario Stop(bool quick) => Accident(
        "stop", "A replica stands still for five seconds at 70 % of capacity", "One of eight is stopped at 20 s and goes on at 25 s; its connections stay.",
        quick, fleet => fleet.At(Seconds(20), now => now.Minions[0].Stop(true)).At(Seconds(25), now => now.Minions[0].Stop(false)));

    private static Scenario Slow(bool quick) => Accident(
        "slow", "A replica becomes eight times slower at 70 % of capacity", "One of eight from 20 s to 40 s, as by a thermal throttle or a greedy neighbour.",
        quick, fleet => fleet.At(Seconds(20), now => now.Minions[0].Device.Slowness = 8).At(Seconds(40), now => now.Minions[0].Device.Slowness = 1));

    private static Scenario Accident(string name, string title, string about, bool quick, Func<FleetSimulation, FleetSimulation> happens)
    {
        FleetOptions Fleet(Stack stack) => new() { Shapes = Plain, Stack = stack, Replicas = 8, Deadline = Seconds(2) };
        return new Scenario(
            name, title, $"{about} One shape, 20 + 3 · n ms, deadline 2 s.",
            [Stack.Mesh, Stack.RoundRobin, Stack.Plain],
            (stack, seed) => happens(new FleetSimulation(Fleet(stack), LoadOf(Fleet(stack), 0.7, Seconds(5), Seconds(quick ? 45 : 60)), seed)).Run(),
            results => results.SelectMany(result => new (string, double)[]
            {
                (Named("failed", result), result.Tally.FailedCount),
                (Named("late", result), result.Tally.LateCount),
                (Named("refused", result), result.Tally.RefusedCount),
                (Named("p99_ms", result), result.P99),
            }));
    }

    private static Scenario Diurnal(bool quick)
    {
        FleetOptions Fleet(Stack stack) => new()
        {
            Shapes = ShapeMix.Single(200, 300),
            Stack = stack,
            Replicas = 4,
            MaxBatch = 8,
            MaxPending = 64,
            Deadline = Seconds(20),
            ReportEvery = Seconds(0.5),
        };
        return new Scenario(
            "diurnal", "A day", "24 hours on a device of 200 + 300 · n ms, from 10 % of capacity at night to 115 % in the afternoon; deadline 20 s.",
            quick ? [Stack.Mesh, Stack.Plain] : [Stack.Mesh, Stack.FixedWindow, Stack.Gradient2, Stack.Plain],
            (stack, seed) =>
            {
                var fleet = Fleet(stack);
                var rate = Rates.Diurnal(0.1 * fleet.Capacity, 1.15 * fleet.Capacity);
                return new FleetSimulation(fleet, new Load(rate, TimeSpan.Zero, TimeSpan.FromHours(24), TimeSpan.FromMinutes(15)), seed).Run();
            },
            results => results.SelectMany(result => new (string, double)[]
            {
                (Named("answered_share", result), (double)result.Tally.AnsweredCount / result.Tally.OfferedCount),
                (Named("p99_ms", result), result.P99),
                (Named("gpu_seconds_per_1000", result), result.GpuSecondsPer1000),
            }));
    }

    private static Scenario Scale(bool quick)
    {
        FleetOptions Fleet(Stack stack) => new()
        {
            Shapes = ShapeMix.Single(80, 24),
            Stack = stack,
            Replicas = 2000,
            Coordinators = 8,
            MaxBatch = 16,
            MaxPending = 64,
            Deadline = Seconds(3),
        };
        return new Scenario(
            "scale", "2,000 replicas at 80 % of capacity", "80 + 24 · n ms, batches of up to 16, eight coordinators, deadline 3 s.",
            [Stack.Mesh],
            (stack, seed) => Simulate(Fleet(stack), 0.8, Seconds(2), Seconds(quick ? 5 : 30), seed),
            results =>
            [
                ("replicas", results[0].Devices),
                ("requests_per_second", results[0].OfferedRate),
                ("p99_ms", results[0].P99),
                ("answered_share", (double)results[0].Tally.AnsweredCount / results[0].Tally.OfferedCount),
            ]);
    }

    private static FleetResult Simulate(FleetOptions fleet, double load, TimeSpan warmup, TimeSpan end, int seed) =>
        new FleetSimulation(fleet, LoadOf(fleet, load, warmup, end), seed).Run();

    private static Load LoadOf(FleetOptions fleet, double load, TimeSpan warmup, TimeSpan end) =>
        new(Rates.Steady(load * fleet.Capacity), warmup, end, Seconds(1));

    private static FleetResult Of(IReadOnlyList<FleetResult> results, Stack stack) =>
        results.First(result => string.Equals(result.Stack, stack.Name, StringComparison.Ordinal));

    /// <summary>The mesh's own figures have the plain name.</summary>
    public static string Named(string figure, FleetResult result) =>
        string.Equals(result.Stack, Stack.Mesh.Name, StringComparison.Ordinal) ? figure : $"{figure}_{result.Stack}";

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
