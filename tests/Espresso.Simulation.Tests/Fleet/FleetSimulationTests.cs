using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;
using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Tests.Fleet;

public sealed class FleetSimulationTests
{
    public static TheoryData<string> Stacks => [.. Stack.All.Select(stack => stack.Name)];

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Run_ThreeTimesCapacity_CountsAddUp(string stack)
    {
        var tally = Simulate(stack, load: 3).Tally;

        tally.OfferedCount.ShouldBeGreaterThan(1000);
        tally.OfferedCount.ShouldBe(tally.AnsweredCount + tally.RefusedCount + tally.LateCount + tally.FailedCount);
        tally.RefusedCount.ShouldBe(tally.Refusals.Values.Sum());
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Run_HalfLoad_AnswersAllOfIt(string stack)
    {
        var result = Simulate(stack, load: 0.5);

        result.Tally.AnsweredCount.ShouldBe(result.Tally.OfferedCount);
        result.OfferedRate.ShouldBe(0.5 * result.Capacity, 0.05 * result.Capacity);
    }

    [Fact]
    public void Run_AnyLoad_NeverAboveWhatTheDevicesCanDo()
    {
        var result = Simulate("espresso", load: 3);

        result.Tally.Windows.ShouldAllBe(window => result.WorkRatio(window) < 1.05);
        result.MeanBatch.ShouldBeLessThanOrEqualTo(8);
    }

    [Fact]
    public void Run_ReplicaIsKilled_ItsRequestsGoToOthers()
    {
        var result = Fleet("espresso", 0.5).At(TimeSpan.FromSeconds(5), now => now.Minions[0].Kill()).Run();

        result.Tally.Retries.ShouldBeGreaterThan(0);
        result.Tally.FailedCount.ShouldBe(0);
    }

    [Fact]
    public void Run_AllReplicasAreKilled_RequestsFail()
    {
        var result = Fleet("espresso", 0.5).At(TimeSpan.FromSeconds(5), now =>
        {
            foreach (var minion in now.Minions)
                minion.Kill();
        }).Run();

        result.Tally.FailedCount.ShouldBeGreaterThan(0);
        result.Tally.Windows[^4].Answered.ShouldBe(0);
    }

    [Fact]
    public void Run_ReplicaStandsStill_GoesOnAfterwards()
    {
        var fleet = Fleet("round_robin_fixed_window", 0.5)
            .At(TimeSpan.FromSeconds(3), now => now.Minions[0].Stop(true)).At(TimeSpan.FromSeconds(5), now => now.Minions[0].Stop(false));
        var result = fleet.Run();

        result.Tally.LateCount.ShouldBeGreaterThan(0, "those that wait there when it stops");
        ((double)fleet.Minions[0].Ran).ShouldBeGreaterThan(0.5 * fleet.Minions[1].Ran);
    }

    [Fact]
    public void Run_LoadGrowsAndFalls_ReplicasFollowAndNothingFails()
    {
        var options = new FleetOptions
        {
            Shapes = ShapeMix.Single(200, 300),
            Stack = Stack.Mesh with { Scaling = [Scaling.Demand, Scaling.Backlog] },
            Replicas = 10,
            First = 1,
            MaxBatch = 8,
            Deadline = TimeSpan.FromSeconds(10),
        };
        var one = options.Capacity / 10;
        var end = TimeSpan.FromMinutes(30);
        var rate = Rates.Spike(0.5 * one, 6, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5));
        var fleet = new FleetSimulation(options, new Espresso.Simulation.Fleet.Load(rate, TimeSpan.Zero, end, TimeSpan.FromMinutes(1)), 1);

        var result = fleet.Run();

        fleet.Minions.Count(minion => minion.Ran > 0).ShouldBeInRange(4, 7, "three are asked for, of which 70 % are to be busy");
        result.Tally.FailedCount.ShouldBe(0);
        result.Tally.OfferedCount.ShouldBe(result.Tally.AnsweredCount + result.Tally.RefusedCount + result.Tally.LateCount);
        result.Paid.ShouldBeInRange(end, 4 * end);
    }

    private static FleetResult Simulate(string stack, double load) => Fleet(stack, load).Run();

    private static FleetSimulation Fleet(string stack, double load, int seed = 1)
    {
        var options = new FleetOptions
        {
            Shapes = new ShapeMix(new ShapeClass("small", 0.8, 10, 2), new ShapeClass("large", 0.2, 10, 8)),
            Stack = Stack.All.Single(one => one.Name == stack),
            Replicas = 4,
            Coordinators = 2,
            MaxBatch = 8,
            MaxPending = 64,
            Deadline = TimeSpan.FromSeconds(1),
        };
        var rate = Rates.Steady(load * options.Capacity);
        return new FleetSimulation(
            options, new Espresso.Simulation.Fleet.Load(rate, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)), seed);
    }
}
