using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

public sealed class BatchQueueTests
{
    private readonly BatchQueue<WorkItem> _queue = new();

    [Fact]
    public void Take_Order_IsPriorityThenDeadlineThenArrival()
    {
        var late = Add(deadline: 90);
        var second = Add();
        var third = Add();
        var early = Add(deadline: 10);
        var first = Add(priority: 1);

        Take("b", 10).ShouldBe([first, early, late, second, third]);
        _queue.Count.ShouldBe(0);
    }

    [Fact]
    public void Take_Rows_AreTheLimit()
    {
        var (one, two, three) = (Add(rows: 1), Add(rows: 2), Add(rows: 3));

        Take("b", 4).ShouldBe([one, two]);
        Take("b", 3).ShouldBe([three]);
    }

    [Fact]
    public void Take_FirstDoesNotFit_NobodyOvertakesIt()
    {
        Add(rows: 3);
        Add(rows: 1);

        Take("b", 2).ShouldBeEmpty();
        _queue.Count.ShouldBe(2);
    }

    [Fact]
    public void Take_AtLeastOne_TakesOneHoweverLarge()
    {
        var large = Add(rows: 5);
        Add(rows: 1);

        Take("b", 2, atLeastOne: true).ShouldBe([large]);
    }

    [Fact]
    public void Take_OtherBucket_StaysWhereItIs()
    {
        var other = Add(bucket: "c");
        var item = Add();

        Take("b", 10).ShouldBe([item]);
        Take("nowhere", 10).ShouldBeEmpty();
        Take("c", 10).ShouldBe([other]);
    }

    [Fact]
    public void View_Buckets_TellRowsAndTheMostUrgent()
    {
        Add(rows: 2, deadline: 50, enqueued: 1);
        Add(rows: 3, deadline: 20, enqueued: 2);
        Add(rows: 1, priority: 7, bucket: "c", enqueued: 3);

        Views().OrderBy(view => view.Bucket).ShouldBe(
        [
            new BucketView("b", 5, WorkItem.DefaultPriority, Seconds(20), Seconds(2)),
            new BucketView("c", 1, 7, TimeSpan.MaxValue, Seconds(3)),
        ]);
    }

    [Fact]
    public void Remove_Waiting_LeavesNothingOfIt()
    {
        var item = Add(rows: 2);

        _queue.Remove(item).ShouldBeTrue();
        _queue.Remove(item).ShouldBeFalse();
        _queue.Count.ShouldBe(0);
        Views().ShouldBeEmpty();
        _queue.First("b").ShouldBeNull();
    }

    [Fact]
    public void Remove_SameUrgency_TakesTheVeryOne()
    {
        var items = Enumerable.Range(0, 5).Select(_ => Add(deadline: 3)).ToList();

        _queue.Remove(items[2]).ShouldBeTrue();

        Take("b", 10).ShouldBe([items[0], items[1], items[3], items[4]]);
    }

    [Fact]
    public void TakeExpired_Late_LeaveFromEveryBucket()
    {
        var now = Add(deadline: 5);
        var before = Add(deadline: 4, bucket: "c");
        var after = Add(deadline: 6);
        Add(bucket: "c");
        var expired = new List<WorkItem>();

        _queue.TakeExpired(Seconds(5), expired);

        expired.ShouldBe([now, before], ignoreOrder: true);
        _queue.Count.ShouldBe(2);
        _queue.First("b").ShouldBeSameAs(after);
        Views().Sum(view => view.Rows).ShouldBe(2);
    }

    [Fact]
    public void TakeAll_Waiting_EmptiesIt()
    {
        Add();
        Add(bucket: "c");
        var all = new List<WorkItem>();

        _queue.TakeAll(all);

        all.Count.ShouldBe(2);
        _queue.Count.ShouldBe(0);
        Views().ShouldBeEmpty();
    }

    [Fact]
    public void Queue_AnyOperations_KeepsItsCounts() => Seeds.Check(200, random =>
    {
        var queue = new BatchQueue<WorkItem>();
        var inside = new List<WorkItem>();
        for (var i = 0; i < 60; i++)
        {
            var taken = new List<WorkItem>();
            switch (random.Next(5))
            {
                case <= 2:
                    var item = Item($"{random.Next(3)}", random.Next(1, 4), random.Next(1, 3), random.Next(20), i);
                    queue.Add(item);
                    inside.Add(item);
                    break;
                case 3 when inside.Count > 0:
                    taken.Add(inside[random.Next(inside.Count)]);
                    queue.Remove(taken[0]).ShouldBeTrue();
                    break;
                default:
                    var bucket = $"{random.Next(3)}";
                    var rows = random.Next(1, 6);
                    queue.Take(bucket, rows, random.Next(2) == 0, taken);
                    if (taken.Count > 1)
                        taken.Sum(each => each.Rows).ShouldBeLessThanOrEqualTo(rows);
                    taken.ShouldBe(inside.Where(each => each.Bucket == bucket).Order(UrgencyOrder.Instance).Take(taken.Count));
                    break;
            }

            inside.RemoveAll(taken.Contains);
            queue.Count.ShouldBe(inside.Count);
            var views = new List<BucketView>();
            queue.View(views);
            views.Sum(view => view.Rows).ShouldBe(inside.Sum(each => each.Rows));
            views.Count.ShouldBe(inside.Select(each => each.Bucket).Distinct().Count());
        }
    });

    private static WorkItem Item(string bucket, int rows, int priority, double? deadline, double enqueued) => new()
    {
        Bucket = bucket,
        Rows = rows,
        Priority = priority,
        Deadline = deadline is { } seconds ? Seconds(seconds) : TimeSpan.MaxValue,
        Enqueued = Seconds(enqueued),
    };

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private WorkItem Add(int rows = 1, int priority = WorkItem.DefaultPriority, double? deadline = null, string bucket = "b", double enqueued = 0)
    {
        var item = Item(bucket, rows, priority, deadline, enqueued);
        _queue.Add(item);
        return item;
    }

    private List<WorkItem> Take(string bucket, int rows, bool atLeastOne = false)
    {
        var taken = new List<WorkItem>();
        _queue.Take(bucket, rows, atLeastOne, taken);
        return taken;
    }

    private List<BucketView> Views()
    {
        var views = new List<BucketView>();
        _queue.View(views);
        return views;
    }
}
