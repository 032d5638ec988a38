using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

/// <summary>What waits and the open batch together: neither a thread nor a clock is needed to look at them.</summary>
public sealed class BatchScheduleTests
{
    private const int MaxBatch = 4;

    private static readonly string[] Buckets = ["small", "large"];

    private readonly CostTable _costs = new(MaxBatch);
    private readonly BatchSchedule<WorkItem, OpenBatch<WorkItem>> _schedule;

    public BatchScheduleTests()
    {
        // A batch of n takes 20 + 3·n ms, or twice that.
        foreach (var (bucket, times) in Buckets.Zip([1, 2]))
        {
            for (var size = 1; size <= MaxBatch; size++)
                _costs.Set(bucket, size, Ms(times * (20 + (3 * size))));
        }

        _schedule = new(_costs, instances: 1);
    }

    [Fact]
    public void Decide_BatchStandsOpen_ItGoesWithWhatWaitsOfItsBucketAlone()
    {
        Add("small");
        _schedule.Open = new OpenBatch<WorkItem>(_schedule.NextBucket(Ms(0)));
        var staged = _schedule.Stage(Ms(0));
        Add("large", priority: 1);
        Add("small");

        var decision = _schedule.Decide(Ms(200), freeInstances: 1, freeSince: Ms(1)); // held for long enough

        (decision.Bucket, decision.Rows).ShouldBe(("small", 2));
        _schedule.Open.Items.ShouldHaveSingleItem().ShouldBe(staged);
    }

    [Fact]
    public void Stage_OfItsBucketNothingWaits_LeavesTheOthers()
    {
        Add("large");
        _schedule.Open = new OpenBatch<WorkItem>("small");

        _schedule.Stage(Ms(0)).ShouldBeNull();

        _schedule.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Stage_FirstIsLargerThanABatch_IsTakenAlone()
    {
        Add("small", rows: MaxBatch + 1);
        Add("small");
        _schedule.Open = new OpenBatch<WorkItem>("small");

        _schedule.Stage(Ms(0)).ShouldNotBeNull();
        _schedule.Stage(Ms(0)).ShouldBeNull();

        _schedule.Open.Rows.ShouldBe(MaxBatch + 1);
    }

    [Fact]
    public void Backlog_RunsAndStandsOpenAndWaits_CountsAll()
    {
        RunOneAndStageOne();
        Add("large");

        _schedule.Backlog(Ms(3)).ShouldBe(Ms(20 + 23 + 46));
        _schedule.NextStart(Ms(3)).ShouldBe(Ms(23));
    }

    [Fact]
    public void Excess_WouldJoinTheOpenBatch_KnowsItsStart()
    {
        RunOneAndStageOne();

        // A tenth for doubt: over after 1.1 · (23 + 20 + 3·n), where the batch may grow to four.
        _schedule.Excess(Item("small", deadline: 61), Ms(0)).ShouldBeLessThanOrEqualTo(TimeSpan.Zero);
        _schedule.Excess(Item("small", deadline: 60), Ms(0)).ShouldBeGreaterThan(TimeSpan.Zero);
        _schedule.Excess(Item("large", deadline: 60), Ms(0)).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Anything_InAnyOrder_EveryItemLeavesOnceAndNoBatchMixesBuckets() => Seeds.Check(300, random =>
    {
        var schedule = new BatchSchedule<WorkItem, OpenBatch<WorkItem>>(_costs, instances: 2);
        var (inside, gone) = (new HashSet<WorkItem>(), new List<WorkItem>());
        var now = Ms(0);
        for (var step = 0; step < 80; step++)
        {
            now += Ms(random.Next(4));
            gone.Clear();
            switch (random.Next(7))
            {
                case 0 or 1 or 2:
                    var item = Item(Buckets[random.Next(2)], random.Next(1, 3), random.Next(3) == 0 ? now.TotalMilliseconds + random.Next(1, 150) : null);
                    schedule.Add(item, now);
                    inside.Add(item).ShouldBeTrue();
                    break;
                case 3 when schedule.Waiting > 0:
                    if (schedule.Open is not { Rows: > 0 })
                        schedule.Open = new OpenBatch<WorkItem>(schedule.NextBucket(now));
                    schedule.Stage(now);
                    break;
                case 4 when schedule.Decide(now, 2, now) is { Bucket: { } bucket, Rows: var rows }:
                    var batch = schedule.Open is { Rows: > 0 } open ? open : new OpenBatch<WorkItem>(bucket);
                    schedule.Open = null;
                    schedule.Fill(batch, rows, now);
                    batch.Items.ShouldNotBeEmpty();
                    batch.Items.TrueForAll(one => one.Bucket == batch.Bucket).ShouldBeTrue();
                    batch.Rows.ShouldBe(batch.Items.Sum(one => one.Rows));
                    schedule.Started(random.Next(2), batch, now);
                    gone.AddRange(batch.Items);
                    break;
                case 5 when inside.Count > 0:
                    var cancelled = inside.ElementAt(random.Next(inside.Count));
                    schedule.Remove(cancelled).ShouldBeTrue();
                    schedule.Remove(cancelled).ShouldBeFalse();
                    gone.Add(cancelled);
                    break;
                default:
                    schedule.TakeExpired(now, gone);
                    gone.TrueForAll(one => one.Deadline <= now).ShouldBeTrue();
                    schedule.TakeHopeless(schedule.NextStart(now), gone);
                    break;
            }

            gone.TrueForAll(inside.Remove).ShouldBeTrue();
            (schedule.Waiting + (schedule.Open?.Items.Count ?? 0)).ShouldBe(inside.Count);
            schedule.Backlog(now).ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        }
    });

    private void RunOneAndStageOne()
    {
        var running = new OpenBatch<WorkItem>("small");
        running.Add(Item("small"), Ms(0));
        _schedule.Started(0, running, Ms(0));
        Add("small");
        _schedule.Open = new OpenBatch<WorkItem>("small");
        _schedule.Stage(Ms(0));
    }

    private void Add(string bucket, int rows = 1, int priority = WorkItem.DefaultPriority) =>
        _schedule.Add(new WorkItem { Bucket = bucket, Rows = rows, Priority = priority }, Ms(0));

    private static WorkItem Item(string bucket, int rows = 1, double? deadline = null) =>
        new() { Bucket = bucket, Rows = rows, Deadline = deadline is { } until ? Ms(until) : TimeSpan.MaxValue };

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
