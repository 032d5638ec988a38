using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Batching;

/// <summary>A batch of n takes 200 + 300·n milliseconds, 16 at the most, which is five seconds.</summary>
public sealed class DeadlineRoomTests
{
    private static readonly CostTable Costs = CostsOf(200, 300);

    [Theory]
    [InlineData(550, 1)] // a tenth more than 500
    [InlineData(2_530, 7)]
    [InlineData(5_500, 16)]
    [InlineData(499, 16)] // it cannot be in time: the others need not suffer for it
    public void Rows_OfABatch_EndInTimeForItsMostUrgent(double deadline, int rows) => Rows(deadline).ShouldBe(rows);

    [Theory]
    [InlineData(3_080, 7)] // 2,530, and 550 for the other
    [InlineData(3_079, 6)]
    [InlineData(999, 16)] // nothing helps the other one here
    public void Rows_OfABatch_LeaveTimeForOtherBuckets(double other, int rows) =>
        Rows(double.PositiveInfinity, new BucketView("c", 1, 100, At(other), default)).ShouldBe(rows);

    [Fact]
    public void Excess_BehindABatchThatHasJustBegun_GrowsToHalfOfWhatIsLeft()
    {
        // Half of five seconds besides, and a tenth for doubt.
        DeadlineRoom.Excess(At(2_100), "b", 1, At(5_000), Costs).ShouldBe(At(60));
        DeadlineRoom.Excess(At(3_000), "b", 1, At(5_000), Costs).ShouldBe(At(1_050));
        DeadlineRoom.Excess(At(0), "b", 1, At(5_000), Costs).ShouldBe(At(-4_450));
    }

    [Fact]
    public void Excess_WhereNothingIsKnown_IsNone() => DeadlineRoom.Excess(At(0), "never seen", 1, At(1), Costs).ShouldBeLessThan(At(0));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Enqueue_WhatWouldBeLate_IsRefusedAtOnceAndWhatIsNotIsTaken(bool accelerator)
    {
        using var rig = new Rig(accelerator, fixedMs: 5_000);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();

        var refusal = rig.Batcher.TryEnqueue(rig.Item(2, deadlineMs: 9_000)).ShouldNotBeNull();
        refusal.Kind.ShouldBe(FailureKind.Overloaded);
        refusal.Reason.ShouldBe(Reasons.DeadlineUnmeetable);
        refusal.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        var taken = rig.Enqueue(3, deadlineMs: 12_000);
        rig.Batcher.Counts().Rejected.ShouldBe(1);
        rig.Executor.LetAllGo();
        run.LetGo();
        await Rig.ShouldHaveItsAnswer(taken, 3);
    }

    [Fact]
    public async Task Enqueue_OnAnIdleDevice_IsTriedWhateverIsForecast()
    {
        using var rig = new Rig(accelerator: true);
        var item = rig.Item(1, deadlineMs: 5);
        rig.Batcher.TryEnqueue(item).ShouldBeNull();
        await Rig.ShouldHaveItsAnswer(item, 1);
    }

    private static int Rows(double deadline, params BucketView[] waiting) =>
        DeadlineRoom.Rows("b", 16, TimeSpan.Zero, double.IsFinite(deadline) ? At(deadline) : TimeSpan.MaxValue, waiting, Costs);

    private static CostTable CostsOf(double a, double b)
    {
        var costs = new CostTable(16);
        foreach (var bucket in new[] { "b", "c" })
        {
            for (var size = 1; size <= costs.MaxBatch; size++)
                costs.Set(bucket, size, At(a + (b * size)));
        }

        return costs;
    }

    private static TimeSpan At(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
