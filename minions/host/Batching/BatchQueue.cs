namespace Espresso.Minions.Batching;

/// <summary>What waits, in buckets of one shape each; within a bucket the flows in turn, and of each its most urgent first. Not thread-safe.</summary>
/// <remarks>Every method is O(log n) for each item that it touches, and O(1) for each bucket.</remarks>
/// <param name="marginalMs">What a row of a bucket costs the device in a good batch; null or 0: all cost the same.</param>
internal sealed class BatchQueue<T>(Func<string, double>? marginalMs = null)
    where T : WorkItem
{
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly FairFlows<T> _flows = new();
    private long _sequence;
    private int _rows;

    /// <summary>Items that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Flows that are told apart, those included that wait for nothing and were served more than the others.</summary>
    public int Flows => _flows.Count;

    public void Add(T item)
    {
        item.Sequence = _sequence++;
        var flow = _flows.Of(item);
        if (!_buckets.TryGetValue(item.Bucket, out var bucket))
            _buckets[item.Bucket] = bucket = new Bucket();
        if (!bucket.ByFlow.TryGetValue(item.Flow, out var line))
            bucket.ByFlow[item.Flow] = line = _flows.NewLine(flow, bucket.Lines);

        line.Items.Add(item);
        if (item.Deadline != TimeSpan.MaxValue)
            bucket.ByDeadline.Add(item);
        bucket.Rows += item.Rows;
        flow.Rows += item.Rows;
        _rows += item.Rows;
        Count++;
    }

    /// <returns>False: it waits here no longer.</returns>
    public bool Remove(T item)
    {
        if (!_buckets.TryGetValue(item.Bucket, out var bucket) || !bucket.ByFlow.TryGetValue(item.Flow, out var line) || !line.Items.Remove(item))
            return false;
        bucket.ByDeadline.Remove(item);
        bucket.Rows -= item.Rows;
        line.Flow.Rows -= item.Rows;
        _rows -= item.Rows;
        Count--;
        if (line.Items.Count == 0)
            End(item, bucket, line);
        return true;
    }

    /// <summary>Of the rows that wait, the share that would be served before an item that came now.</summary>
    /// <remarks>While its flow has its turns for what waits of it, the others have theirs; who is more urgent than all of its flow comes first.</remarks>
    public double ShareBefore(T item)
    {
        var flow = _flows.Find(item.Flow);
        if (flow is null or { Rows: 0 } || flow.Lines.TrueForAll(line => IsBefore(item, line.Items.Min!)))
            return 0;
        return Math.Min(1, flow.Rows * _flows.ActiveWeight / flow.Weight / _rows);
    }

    /// <summary>What the policy sees of each bucket.</summary>
    public void View(List<BucketView> views)
    {
        views.Clear();
        foreach (var (key, bucket) in _buckets)
        {
            var line = bucket.Lines.Min!;
            var first = line.Items.Min!;
            views.Add(new BucketView(key, bucket.Rows, first.Priority, first.Deadline, first.Enqueued, line.Flow.Start));
        }
    }

    /// <summary>The item of a bucket that is next.</summary>
    public T? First(string bucket) => _buckets.TryGetValue(bucket, out var waiting) ? waiting.Lines.Min!.Items.Min : null;

    /// <summary>Takes the next items of a bucket, up to <paramref name="rows"/> rows in all; their flows are charged for them.</summary>
    /// <param name="atLeastOne">The first is taken however many rows it has.</param>
    public void Take(string bucket, int rows, bool atLeastOne, List<T> into)
    {
        if (!_buckets.TryGetValue(bucket, out var waiting))
            return;
        var cost = marginalMs?.Invoke(bucket) is > 0 and var measured ? measured : 1;
        while ((rows > 0 || atLeastOne) && waiting.Lines.Min is { } line)
        {
            var item = line.Items.Min!;
            if (item.Rows > rows && !atLeastOne)
                return; // those behind it wait too: overtaking would let small requests starve large ones
            atLeastOne = false;
            _flows.Charge(line.Flow, item.Rows * cost);
            Remove(item);
            into.Add(item);
            rows -= item.Rows;
        }
    }

    /// <summary>Takes out what cannot be answered in time any more.</summary>
    public void TakeExpired(TimeSpan now, List<T> into)
    {
        foreach (var bucket in _buckets.Values)
        {
            while (bucket.ByDeadline.Min is { } item && item.Deadline <= now)
                Give(item, into);
        }
    }

    /// <summary>Takes out what cannot be in time, or only at the cost of others that wait with it; the last one of a bucket is never given up.</summary>
    /// <param name="start">When the next batch can start.</param>
    /// <param name="openBucket">Of a batch that stands open, and that this would join.</param>
    public void TakeHopeless(TimeSpan start, CostTable costs, string? openBucket, int openRows, List<T> into)
    {
        foreach (var (key, bucket) in _buckets)
        {
            var open = key == openBucket ? openRows : 0;
            while (bucket.ByDeadline.Min is { } item && item.Rows < open + bucket.Rows && BatchPolicy.IsHopeless(key, bucket.Rows, open, bucket.ByDeadline, start, costs))
                Give(item, into);
        }
    }

    public void TakeAll(List<T> into)
    {
        foreach (var bucket in _buckets.Values)
            into.AddRange(bucket.Lines.SelectMany(line => line.Items));
        _buckets.Clear();
        _flows.Forget();
        (Count, _rows) = (0, 0);
    }

    private void Give(T item, List<T> into)
    {
        Remove(item);
        into.Add(item);
    }

    private static bool IsBefore(WorkItem item, WorkItem other) =>
        item.Priority < other.Priority || (item.Priority == other.Priority && item.Deadline < other.Deadline);

    private void End(T item, Bucket bucket, FairFlows<T>.Line line)
    {
        bucket.ByFlow.Remove(item.Flow);
        bucket.Lines.Remove(line);
        line.Flow.Lines.Remove(line);
        if (bucket.Lines.Count == 0)
            _buckets.Remove(item.Bucket);
        if (Count == 0)
            _flows.Forget();
        else if (line.Flow.Lines.Count == 0)
            _flows.Left(line.Flow);
    }

    private sealed class Bucket
    {
        public SortedSet<FairFlows<T>.Line> Lines { get; } = FairFlows<T>.Line.NewSet();

        public Dictionary<FlowKey, FairFlows<T>.Line> ByFlow { get; } = [];

        public SortedSet<T> ByDeadline { get; } = new(DeadlineOrder.Instance);

        public int Rows { get; set; }
    }
}

/// <param name="Rows">That wait.</param>
/// <param name="Priority">Of the next item.</param>
/// <param name="Deadline">Of the next item.</param>
/// <param name="Since">When the next item came.</param>
/// <param name="Start">The virtual time at which its flow is due.</param>
internal readonly record struct BucketView(string Bucket, int Rows, int Priority, TimeSpan Deadline, TimeSpan Since, double Start = 0);
