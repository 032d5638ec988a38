using Espresso.Minions.Batching;
using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Tests.Policies;

public sealed class ComparatorTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private readonly CostTable _costs = new(maxBatch: 16);

    [Fact]
    public void FixedWindow_FirstItemHasNotWaitedForTheWindow_WaitsUntilItHas() =>
        Decide(new FixedWindowBatching(10 * Ms), 104 * Ms, View("a", 3, 100 * Ms), View("b", 1, 97 * Ms))
            .ShouldBe(BatchDecision.Wait(107 * Ms));

    [Fact]
    public void FixedWindow_TheWindowIsOver_TakesTheOldestBucket() =>
        Decide(new FixedWindowBatching(10 * Ms), 120 * Ms, View("a", 3, 100 * Ms), View("b", 1, 97 * Ms))
            .ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.HeldEnough));

    [Fact]
    public void FixedWindow_AFullBatch_DoesNotWait() =>
        Decide(new FixedWindowBatching(10 * Ms), 101 * Ms, View("a", 20, 100 * Ms))
            .ShouldBe(BatchDecision.Take("a", 16, ReleaseReason.Full));

    [Fact]
    public void PreferredSize_MoreThanThat_TakesThePreferredSize() =>
        Decide(new PreferredSizeBatching(8, 10 * Ms), 101 * Ms, View("a", 11, 100 * Ms))
            .ShouldBe(BatchDecision.Take("a", 8, ReleaseReason.Full));

    [Fact]
    public void Gradient2_ResponsesGetSlower_LowersItsLimit()
    {
        var door = new Gradient2Door();
        for (var i = 0; i < 100; i++)
            door.Answered(20 * Ms, pending: 100);
        var high = door.Limit;
        for (var i = 0; i < 20; i++)
            door.Answered(200 * Ms, pending: 100);

        high.ShouldBeGreaterThan(20);
        door.Limit.ShouldBeLessThan(high / 2);
    }

    [Fact]
    public void Gradient2_LittleInFlight_DoesNotGrow()
    {
        var door = new Gradient2Door();
        for (var i = 0; i < 100; i++)
            door.Answered(20 * Ms, pending: 1);

        door.Limit.ShouldBe(20);
    }

    [Fact]
    public void RoundRobin_OneHasLeft_GoesRoundTheOthers()
    {
        var options = new FleetOptions { Shapes = ShapeMix.Single(20, 3), Stack = Stack.RoundRobin, Replicas = 3 };
        var routing = new RoundRobinRouting(options, watches: false);
        routing.Left(1);
        var request = new Request { Bucket = "512", Shape = 0, Arrived = default, Due = default, Coordinator = null! };

        Enumerable.Range(0, 4).Select(_ => routing.Enter(request, except: -1, TimeSpan.Zero)).ShouldBe([2, 0, 2, 0]);
    }

    private BatchDecision Decide(IBatching batching, TimeSpan now, params BucketView[] waiting) =>
        batching.Decide(waiting, now, freeInstances: 1, freeSince: TimeSpan.Zero, nextArrival: TimeSpan.MaxValue, _costs);

    private static BucketView View(string bucket, int rows, TimeSpan since) => new(bucket, rows, WorkItem.DefaultPriority, TimeSpan.MaxValue, since);
}
