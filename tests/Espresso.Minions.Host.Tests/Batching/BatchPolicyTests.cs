using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

/// <summary>All times in milliseconds; a batch of n costs a + b·n.</summary>
public sealed class BatchPolicyTests
{
    private const double Never = double.PositiveInfinity;
    private static readonly CostTable Linear = Costs(8, 0, 10);
    private static readonly CostTable Affine = Costs(8, 100, 10);

    [Fact]
    public void Decide_NothingWaits_WaitsForSomething() => Decide([], Affine).ShouldBe(BatchDecision.Wait(TimeSpan.MaxValue));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Decide_FreeDeviceAndNobodyExpected_StartsAtOnce(int rows) =>
        Decide([View(rows)], Affine).ShouldBe(BatchDecision.Take("b", rows, ReleaseReason.DeviceFree));

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Decide_LinearCost_TakesOne(int rows) =>
        Decide([View(rows)], Linear, next: 0.1).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.Full));

    [Theory]
    [InlineData(8)]
    [InlineData(30)]
    public void Decide_AffineCost_TakesTheLargest(int rows) =>
        Decide([View(rows)], Affine, next: 0.1).ShouldBe(BatchDecision.Take("b", 8, ReleaseReason.Full));

    [Theory]
    [InlineData(20, 20)] // 20 + 3 · n is within a hair of its best from 28 on
    [InlineData(28, 28)]
    [InlineData(30, 30)] // nobody waits for two more, and each is cheaper for them
    [InlineData(90, 32)]
    public void Decide_MoreWaitsThanTheBestSize_TakesThemAsWell(int waiting, int rows)
    {
        var costs = Costs(32, 20, 3);
        BatchPolicy.BestSize("b", 32, costs).ShouldBe(28);
        Decide([View(waiting)], costs).Rows.ShouldBe(rows);
    }

    [Fact]
    public void Decide_MoreWaitsOnADeviceWhoseTimesScatter_TakesTheBestSizeOnly()
    {
        var costs = new CostTable(32, CostTable.CpuGain);
        for (var size = 1; size <= 32; size++)
            costs.Set("b", size, TimeSpan.FromMilliseconds(20 + (3 * size)));
        var best = BatchPolicy.BestSize("b", 32, costs);
        best.ShouldBeLessThan(28);
        Decide([View(90)], costs).Rows.ShouldBe(best);
    }

    [Fact]
    public void Decide_WrongPriceOfAnItemAlone_IsFoundOut()
    {
        var costs = new CostTable(4, CostTable.CpuGain);
        costs.Set("b", 1, TimeSpan.FromMilliseconds(14)); // truly 10, and no batch is cheaper an item
        for (var size = 2; size <= 4; size++)
            costs.Set("b", size, TimeSpan.FromMilliseconds(10 * size));
        Decide([View(9)], costs).Rows.ShouldBeGreaterThan(1);

        for (var batch = 0; batch < 512; batch++)
        {
            var rows = Decide([View(9)], costs).Rows;
            costs.Record("b", rows, TimeSpan.FromMilliseconds(10 * rows));
        }

        for (var batch = 0; batch < 64; batch++)
        {
            Decide([View(9)], costs).Rows.ShouldBe(1);
            costs.Record("b", 1, TimeSpan.FromMilliseconds(10));
        }
    }

    [Theory]
    [InlineData(7, 2, 4, ReleaseReason.DeviceFree)]
    [InlineData(8, 2, 4, ReleaseReason.DeviceFree)]
    [InlineData(1, 4, 1, ReleaseReason.DeviceFree)]
    [InlineData(16, 2, 8, ReleaseReason.Full)]
    [InlineData(40, 2, 8, ReleaseReason.Full)]
    public void Decide_SeveralDevicesFree_SharesTheWork(int rows, int free, int taken, object reason) =>
        Decide([View(rows)], Affine, free: free, next: 0.1).ShouldBe(BatchDecision.Take("b", taken, (ReleaseReason)reason));

    [Theory]
    [InlineData(198, 8, ReleaseReason.Full)] // a tenth more than what is forecast
    [InlineData(197, 7, ReleaseReason.Deadline)]
    [InlineData(143, 3, ReleaseReason.Deadline)]
    [InlineData(121, 1, ReleaseReason.Deadline)]
    [InlineData(110, 1, ReleaseReason.Deadline)]
    [InlineData(109, 8, ReleaseReason.Full)] // lost whatever happens: the others need not suffer for it
    public void Decide_TightDeadline_TakesWhatIsInTime(double deadline, int taken, object reason) =>
        Decide([View(8, deadline)], Affine).ShouldBe(BatchDecision.Take("b", taken, (ReleaseReason)reason));

    [Theory]
    [InlineData(319, 8)] // 198, and 121 for the other
    [InlineData(318, 7)]
    [InlineData(242, 1)]
    [InlineData(219, 8)] // not even after a batch of one: nothing helps it here
    public void Decide_OtherBucketsTightDeadline_LeavesItTime(double deadline, int taken) =>
        Decide([View(8, priority: 1), View(1, deadline, bucket: "c")], Affine).Rows.ShouldBe(taken);

    [Fact]
    public void Decide_NextIsNear_HoldsWhileItPays()
    {
        // One more: 110 alone and 110 again become 120 together, so half of 100 − 10 may be waited for.
        var views = new[] { View(1, since: 5) };

        Decide(views, Affine, now: 5, freeSince: 0, next: 44).ShouldBe(BatchDecision.Wait(At(50)));
        Decide(views, Affine, now: 49.9, freeSince: 0, next: 44).WaitUntil.ShouldBe(At(50));
        Decide(views, Affine, now: 50, freeSince: 0, next: 44).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.HeldEnough));
        Decide(views, Affine, now: 5, freeSince: 0, next: 45).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.DeviceFree));
    }

    [Fact]
    public void Decide_WaitedWhileBusy_ClockStartsWithTheFreeDevice() =>
        Decide([View(1, since: 0)], Affine, now: 300, freeSince: 300, next: 20).WaitUntil.ShouldBe(At(345));

    [Fact]
    public void Decide_NobodyCameAfterAll_IsAskedAgainSoon() =>
        Decide([View(1, since: 0)], Affine, next: 2).WaitUntil.ShouldBe(At(6));

    [Theory]
    [InlineData(0)]
    [InlineData(0.0001)]
    public void Decide_NextIsExpectedThisInstant_LooksOnlyNowAndThen(double next) =>
        Decide([View(1, since: 0)], Affine, next: next).WaitUntil.TotalMilliseconds.ShouldBe(45 / 8.0, 0.01);

    [Fact]
    public void Decide_HoldingMeetsADeadline_EndsInTime()
    {
        Decide([View(1, deadline: 140)], Affine, next: 44).WaitUntil.ShouldBe(At(20)); // two take 120
        Decide([View(1, deadline: 140)], Affine, now: 20, next: 44).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.Deadline));
    }

    [Fact]
    public void Decide_SecondDeviceFree_NeverHolds() =>
        Decide([View(1)], Affine, free: 2, next: 0.1).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.DeviceFree));

    [Fact]
    public void Decide_MoreItemsCostMoreThanABatchSaves_NeverHolds() =>
        Decide([View(1)], Costs(8, 200, 300), next: 0.001).ShouldBe(BatchDecision.Take("b", 1, ReleaseReason.DeviceFree));

    [Fact]
    public void Decide_SeveralBuckets_LeastSlackFirst()
    {
        var costs = Costs(8, 100, 10);
        Set(costs, "slow", 400, 10);

        // 300 − 110 is more than 500 − 410: the later deadline is the more urgent one.
        Decide([View(1, 300, bucket: "b"), View(1, 500, bucket: "slow")], costs).Bucket.ShouldBe("slow");
        Decide([View(1, 300, bucket: "b"), View(1, 800, bucket: "slow")], costs).Bucket.ShouldBe("b");
    }

    [Fact]
    public void Decide_SeveralBuckets_PriorityBeforeSlack() =>
        Decide([View(1, 120, bucket: "b"), View(1, 900, priority: 1, bucket: "c")], Affine).Bucket.ShouldBe("c");

    [Fact]
    public void Decide_SeveralBucketsWithoutDeadlines_OldestFirst() =>
        Decide([View(9, since: 8, bucket: "b"), View(1, since: 7, bucket: "c")], Affine, now: 9).Bucket.ShouldBe("c");

    [Fact]
    public void Decide_AnyState_NeverMissesADeadlineItCouldKeep() => Seeds.Check(2000, random =>
    {
        var costs = new CostTable(random.Next(1, 17));
        var total = 0.0;
        for (var size = 1; size <= costs.MaxBatch; size++)
            costs.Set("b", size, At(total += size == 1 ? random.Next(1, 100) : random.Next(0, 60)));
        var now = random.Next(0, 50);
        var view = View(random.Next(1, 40), deadline: now + random.Next(0, 600), since: random.Next(0, now + 1));
        var next = random.Next(3) == 0 ? Never : random.NextDouble() * 60;

        var decision = Decide([view], costs, now, random.Next(1, 4), random.Next(0, now + 1), next);

        if (At(now) + costs.Estimate("b", 1) > view.Deadline)
            return; // lost anyway
        if (decision.Bucket is null)
        {
            decision.WaitUntil.ShouldBeGreaterThan(At(now));
            (decision.WaitUntil + costs.Estimate("b", view.Rows)).ShouldBeLessThanOrEqualTo(view.Deadline);
        }
        else
        {
            (At(now) + costs.Estimate("b", decision.Rows)).ShouldBeLessThanOrEqualTo(view.Deadline);
            decision.Rows.ShouldBeInRange(1, Math.Min(view.Rows, costs.MaxBatch));
        }
    });

    [Theory]
    [InlineData(0, 10, 1)] // linear: a batch wins nothing
    [InlineData(1, 100, 1)] // what it wins is less than a hair
    [InlineData(10, 100, 6)]
    [InlineData(1000, 10, 16)] // it always wins
    public void BestSize_Cost_IsWithinAHairOfTheBest(double a, double b, int best)
    {
        var costs = Costs(16, a, b);

        BatchPolicy.BestSize("b", 16, costs).ShouldBe(best);

        var cheapest = Enumerable.Range(1, 16).Min(n => costs.Estimate("b", n).TotalMilliseconds / n);
        (costs.Estimate("b", best).TotalMilliseconds / best).ShouldBeLessThanOrEqualTo(cheapest / 0.97);
    }

    [Fact]
    public void BestSize_CheaperOnlyInTheMiddle_IsThere()
    {
        var costs = new CostTable(4);
        foreach (var (size, time) in new[] { (1, 10.0), (2, 12), (3, 30), (4, 44) })
            costs.Set("b", size, At(time));

        BatchPolicy.BestSize("b", 4, costs).ShouldBe(2);
    }

    private static CostTable Costs(int max, double a, double b)
    {
        var costs = new CostTable(max);
        Set(costs, "b", a, b);
        Set(costs, "c", a, b);
        return costs;
    }

    private static void Set(CostTable costs, string bucket, double a, double b)
    {
        for (var size = 1; size <= costs.MaxBatch; size++)
            costs.Set(bucket, size, At(a + (b * size)));
    }

    private static BucketView View(int rows, double deadline = Never, double since = 0, int priority = 100, string bucket = "b") =>
        new(bucket, rows, priority, At(deadline), At(since));

    private static BatchDecision Decide(
        BucketView[] waiting, CostTable costs, double now = 0, int free = 1, double freeSince = 0, double next = Never) =>
        BatchPolicy.Decide(waiting, At(now), free, At(freeSince), At(next), costs);

    private static TimeSpan At(double milliseconds) =>
        double.IsInfinity(milliseconds) ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(milliseconds);
}
