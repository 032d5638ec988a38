using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Batching;

/// <summary>Items that cannot be in time, or only at others' cost: they leave, and the batches stay as large as the others can have them.</summary>
public sealed class HopelessTests
{
    /// <summary>A batch of n takes 100 + 10·n milliseconds, up to 8.</summary>
    private readonly CostTable _costs = new(8);
    private readonly BatchQueue<WorkItem> _queue = new();

    public HopelessTests()
    {
        for (var size = 1; size <= 8; size++)
            _costs.Set("b", size, At(100 + (10 * size)));
    }

    [Fact]
    public void Item_LostWhateverHappens_Leaves()
    {
        var lost = Add(109);
        Add(110);

        TakeHopeless().ShouldBe([lost]);
    }

    [Fact]
    public void Item_ThatIsTheLastOfItsBucket_StaysHoweverLateItIs()
    {
        Add(1);
        Add(1, bucket: "c");

        TakeHopeless().ShouldBeEmpty(); // the price may be wrong, and only a batch tells
    }

    [Fact]
    public void Item_ForWhichTheBatchMayBeSmall_IsServed()
    {
        // In time among three, with a tenth more for doubt; the others have the next batch of five.
        Add(143);
        Fill(7, deadline: 130 + 150);

        TakeHopeless().ShouldBeEmpty();
        Decide().ShouldBe(BatchDecision.Take("b", 3, ReleaseReason.Deadline));
    }

    [Fact]
    public void Item_ForWhichTheBatchMustNotBeSmall_IsGivenUp()
    {
        var lost = Add(143);
        Fill(7, deadline: 130 + 149);

        TakeHopeless().ShouldBe([lost]);
        Decide().ShouldBe(BatchDecision.Take("b", 7, ReleaseReason.DeviceFree));
    }

    [Fact]
    public void Item_AmongOthersThatHaveTime_IsServedHoweverManyTheyAre()
    {
        Add(143);
        Fill(1_000, deadline: 60_000); // of a batch job, say

        TakeHopeless().ShouldBeEmpty();
        Decide().Rows.ShouldBe(3);
    }

    [Fact]
    public void Item_WhoseBatchStandsOpen_CountsWhatIsInIt()
    {
        var lost = Add(159);
        Add(160);

        TakeHopeless(openBucket: "c", openRows: 5).ShouldBeEmpty();
        TakeHopeless(openBucket: "b", openRows: 5).ShouldBe([lost]);
    }

    [Fact]
    public void Overload_OfOneDeadline_KeepsItsBatchesLarge()
    {
        // Twice as much as the device can do, each with half a second: what is served is served in full batches, in time.
        var (now, came, ran, late) = (0.0, 0.0, 0, 0);
        for (var batch = 0; batch < 200; batch++)
        {
            for (; came <= now; came += 180.0 / 16)
                Add(came + 500);
            TakeHopeless(now);
            var decision = Decide(now);
            var taken = new List<WorkItem>();
            _queue.Take("b", decision.Rows, atLeastOne: true, taken);
            now += _costs.Estimate("b", taken.Count).TotalMilliseconds;
            ran += taken.Count;
            late += taken.Count(item => item.Deadline < At(now));
        }

        late.ShouldBe(0);
        (ran / now).ShouldBeGreaterThan(0.97 * 8 / 180);
    }

    [Fact]
    public void GivenUp_AnyDeadlines_NeverIsWhoFitsTheWholeBatchAndNoBatchIsSmallAtOthersCost() => Seeds.Check(1_000, random =>
    {
        var (queue, costs, now) = (new BatchQueue<WorkItem>(), new CostTable(random.Next(1, 17)), random.Next(100));
        var (a, b) = (random.Next(0, 200), random.Next(1, 40));
        for (var size = 1; size <= costs.MaxBatch; size++)
            costs.Set("b", size, At(a + (b * size)));
        var items = new List<WorkItem>();
        for (var i = random.Next(1, 60); i > 0; i--)
        {
            items.Add(new WorkItem { Bucket = "b", Deadline = random.Next(4) == 0 ? TimeSpan.MaxValue : At(now + random.Next(1_000)) });
            queue.Add(items[^1]);
        }

        var given = new List<WorkItem>();
        queue.TakeHopeless(At(now), costs, null, 0, given);

        queue.Count.ShouldBe(items.Count - given.Count);
        queue.Count.ShouldBeGreaterThan(0);
        var whole = Math.Min(BatchPolicy.BestSize("b", costs.MaxBatch, costs), items.Count);
        given.ShouldAllBe(item => item.Deadline < At(now) + (costs.Estimate("b", whole) * 1.1));

        var left = items.Except(given).OrderBy(item => item.Deadline).ToList();
        if (left.Count == 1)
            return;
        var views = new List<BucketView>();
        queue.View(views);
        var rows = BatchPolicy.Decide(views, At(now), 1, At(now), TimeSpan.MaxValue, costs).Rows;
        (At(now) + costs.Estimate("b", rows)).ShouldBeLessThanOrEqualTo(left[0].Deadline);
        whole = Math.Min(BatchPolicy.BestSize("b", costs.MaxBatch, costs), left.Count);
        if (rows < whole)
            left[rows].Deadline.ShouldBeGreaterThanOrEqualTo(At(now) + costs.Estimate("b", rows) + costs.Estimate("b", Math.Min(left.Count - rows, whole)));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Batcher_WithALostItem_TellsItAtOnceAndRunsTheOthers(bool accelerator)
    {
        using var rig = new Rig(accelerator, fixedMs: 100);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var whole = rig.Enqueue(3, rows: 8);
        if (accelerator)
            Rig.ShouldBeStaged(whole);
        var fine = rig.Enqueue(4);
        var lost = rig.Item(2, deadlineMs: 500);
        rig.Batcher.TryEnqueue(lost).ShouldBeNull();
        rig.Time.Advance(TimeSpan.FromMilliseconds(450)); // the batch that runs takes longer than was forecast
        run.LetGo();

        var failure = await Rig.Failure(lost);
        (failure.Kind, failure.Reason).ShouldBe((FailureKind.Late, Reasons.DeadlineUnmeetable));
        rig.RunToIdle();
        await Rig.ShouldHaveItsAnswer(whole, 3);
        await Rig.ShouldHaveItsAnswer(fine, 4);
        rig.CountsShouldAddUp();
    }

    private static TimeSpan At(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private WorkItem Add(double deadline, string bucket = "b")
    {
        var item = new WorkItem { Bucket = bucket, Deadline = At(deadline) };
        _queue.Add(item);
        return item;
    }

    private void Fill(int items, double deadline)
    {
        for (var i = 0; i < items; i++)
            Add(deadline);
    }

    private List<WorkItem> TakeHopeless(double now = 0, string? openBucket = null, int openRows = 0)
    {
        var given = new List<WorkItem>();
        _queue.TakeHopeless(At(now), _costs, openBucket, openRows, given);
        return given;
    }

    private BatchDecision Decide(double now = 0)
    {
        var views = new List<BucketView>();
        _queue.View(views);
        return BatchPolicy.Decide(views, At(now), 1, At(now), TimeSpan.MaxValue, _costs);
    }
}
