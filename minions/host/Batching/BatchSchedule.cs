namespace Espresso.Minions.Batching;

/// <summary>What <see cref="BatchPolicy.Decide"/> is, and what comparators are measured instead of it.</summary>
internal delegate BatchDecision BatchDecider(
    IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs);

/// <summary>
/// What waits for a device and the batch that stands open for it, and what follows from them: what goes when, what has no chance any more,
/// and how long who comes now would wait. Not thread-safe.
/// </summary>
/// <remarks>It knows no threads and no clock, so that the batcher, on threads, and the simulated minion, in events, decide by the same lines.</remarks>
internal sealed class BatchSchedule<TItem, TBatch>(CostTable costs, int instances, BatchDecider? decide = null)
    where TItem : WorkItem
    where TBatch : OpenBatch<TItem>
{
    private readonly BatchDecider _decide = decide ?? BatchPolicy.Decide;
    private readonly BatchQueue<TItem> _queue = new(bucket => BatchPolicy.Marginal(bucket, costs));
    private readonly ArrivalForecast _arrivals = new();
    private readonly ArrivedMix _mix = new();
    private readonly TimeSpan[] _busyUntil = new TimeSpan[instances];
    private readonly List<BucketView> _views = [];
    private readonly List<TItem> _taken = [];

    public CostTable Costs { get; } = costs;

    /// <summary>Items that wait, those in the open batch aside.</summary>
    public int Waiting => _queue.Count;

    /// <summary>The next batch, which grows while every instance is busy; null, or without items: there is none.</summary>
    public TBatch? Open { get; set; }

    /// <summary>What came of late, by bucket.</summary>
    public IEnumerable<(string Bucket, int Rows)> Arrived => _mix.Rows;

    public void Add(TItem item, TimeSpan now)
    {
        item.Enqueued = now;
        _arrivals.Arrived(now);
        _mix.Arrived(item.Bucket, item.Rows);
        _queue.Add(item);
    }

    /// <returns>False: it waits here no longer.</returns>
    public bool Remove(TItem item) => _queue.Remove(item) || Open?.Remove(item) == true;

    /// <summary>An instance has nothing to do from now on.</summary>
    public void Freed(int instance, TimeSpan now) => _busyUntil[instance] = now;

    /// <summary>An instance runs a batch from now on.</summary>
    public void Started(int instance, TBatch batch, TimeSpan now) => _busyUntil[instance] = now + Costs.Estimate(batch.Bucket, batch.Rows);

    /// <summary>A batch was answered.</summary>
    public void Answered(int items, TimeSpan now) => _arrivals.Answered(items, now);

    /// <summary>What a free instance does now. The open batch counts as waiting: what else waits may join it.</summary>
    /// <param name="freeSince">Since when this instance has nothing to do.</param>
    public BatchDecision Decide(TimeSpan now, int freeInstances, TimeSpan freeSince)
    {
        _queue.View(_views);
        if (Open is { Rows: > 0 } open)
        {
            var first = open.Items.Min(UrgencyOrder.Instance)!;
            var rows = open.Rows + BatchPolicy.RowsOf(open.Bucket, _views);
            _views.Clear();
            _views.Add(new BucketView(open.Bucket, rows, first.Priority, first.Deadline, first.Enqueued));
        }

        return _decide(_views, now, freeInstances, freeSince, _arrivals.Next(now), Costs);
    }

    /// <summary>The bucket of which the next batch will be; something must wait. How free the device is makes no difference to that.</summary>
    public string NextBucket(TimeSpan now)
    {
        _queue.View(_views);
        return _decide(_views, now, 1, now, TimeSpan.MaxValue, Costs).Bucket!;
    }

    /// <summary>Adds waiting items to a batch, up to <paramref name="rows"/> rows; an empty one gets one item at least.</summary>
    public void Fill(TBatch batch, int rows, TimeSpan now)
    {
        if (rows <= batch.Rows)
            return;
        _taken.Clear();
        _queue.Take(batch.Bucket, rows - batch.Rows, atLeastOne: batch.Rows == 0, _taken);
        foreach (var item in _taken)
            batch.Add(item, now);
    }

    /// <summary>Moves the next item that waits into the open batch, if any is of its bucket and there is room.</summary>
    /// <returns>It; null: none.</returns>
    public TItem? Stage(TimeSpan now)
    {
        if (Open is not { } open || _queue.First(open.Bucket) is not { } next || (open.Rows > 0 && open.Rows + next.Rows > MostRows(open, now)))
            return null;
        _taken.Clear();
        _queue.Take(open.Bucket, rows: 1, atLeastOne: true, _taken);
        open.Add(next, now);
        return next;
    }

    /// <summary>Takes out what cannot be answered in time any more.</summary>
    public void TakeExpired(TimeSpan now, List<TItem> into)
    {
        _queue.TakeExpired(now, into);
        Open?.TakeExpired(now, into);
    }

    /// <inheritdoc cref="BatchQueue{T}.TakeHopeless"/>
    public void TakeHopeless(TimeSpan start, List<TItem> into) => _queue.TakeHopeless(start, Costs, Open?.Bucket, Open?.Rows ?? 0, into);

    /// <summary>Takes out all that waits in the queue.</summary>
    public void TakeAll(List<TItem> into) => _queue.TakeAll(into);

    /// <summary>When the next batch is expected to start.</summary>
    public TimeSpan NextStart(TimeSpan now) => _busyUntil.Min() is var first && first > now ? first : now;

    /// <summary>The time until the device could take a new item.</summary>
    public TimeSpan Backlog(TimeSpan now) => Backlog(now, share: 1);

    /// <summary>How much later than its deadline an item would be done that came now; zero or less: it is in time.</summary>
    public TimeSpan Excess(TItem item, TimeSpan now)
    {
        if (item.Deadline == TimeSpan.MaxValue)
            return TimeSpan.Zero;
        var left = item.Deadline - now;
        if (Open is { Rows: > 0 } open && string.Equals(open.Bucket, item.Bucket, StringComparison.Ordinal)
            && MostRows(open, now) is var most && open.Rows + item.Rows <= most)
            return DeadlineRoom.ExcessInOpenBatch(NextStart(now) - now, item.Bucket, most, left, Costs);
        return DeadlineRoom.Excess(Backlog(now, _queue.ShareBefore(item)), item.Bucket, item.Rows, left, Costs);
    }

    private TimeSpan Backlog(TimeSpan now, double share)
    {
        _queue.View(_views);
        BucketView? growing = Open is { Rows: > 0 } open ? new BucketView(open.Bucket, open.Rows, default, default, default) : null;
        return BacklogForecast.Of(_views, growing, now, _busyUntil, Costs, share);
    }

    /// <summary>Rows that the open batch may have, since those that are in it, and what waits besides, have deadlines.</summary>
    private int MostRows(TBatch open, TimeSpan now)
    {
        _queue.View(_views);
        var most = BatchPolicy.SizeFor(open.Bucket, open.Rows + BatchPolicy.RowsOf(open.Bucket, _views), Costs);
        return DeadlineRoom.Rows(open.Bucket, most, NextStart(now), open.Items.Min(static item => item.Deadline), _views, Costs);
    }
}
