namespace Espresso.Minions.Batching;

/// <summary>What waits, in buckets of one shape each, most urgent first. Not thread-safe: the batcher's gate guards it.</summary>
internal sealed class BatchQueue<T>
    where T : WorkItem
{
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private long _sequence;

    /// <summary>Items that wait.</summary>
    public int Count { get; private set; }

    public void Add(T item)
    {
        item.Sequence = _sequence++;
        if (!_buckets.TryGetValue(item.Bucket, out var bucket))
            _buckets[item.Bucket] = bucket = new Bucket();
        bucket.Items.Add(item);
        bucket.Rows += item.Rows;
        Count++;
    }

    /// <returns>False: it waits here no longer.</returns>
    public bool Remove(T item)
    {
        if (!_buckets.TryGetValue(item.Bucket, out var bucket) || !bucket.Items.Remove(item))
            return false;
        bucket.Rows -= item.Rows;
        Count--;
        if (bucket.Items.Count == 0)
            _buckets.Remove(item.Bucket);
        return true;
    }

    /// <summary>What the policy sees of each bucket.</summary>
    public void View(List<BucketView> views)
    {
        views.Clear();
        foreach (var (key, bucket) in _buckets)
        {
            var first = bucket.Items.Min!;
            views.Add(new BucketView(key, bucket.Rows, first.Priority, first.Deadline, first.Enqueued));
        }
    }

    /// <summary>The most urgent item of a bucket.</summary>
    public T? First(string bucket) => _buckets.TryGetValue(bucket, out var waiting) ? waiting.Items.Min : null;

    /// <summary>Takes the most urgent items of a bucket, up to <paramref name="rows"/> rows in all.</summary>
    /// <param name="atLeastOne">The first is taken however many rows it has.</param>
    public void Take(string bucket, int rows, bool atLeastOne, List<T> into)
    {
        while ((rows > 0 || atLeastOne) && First(bucket) is { } item)
        {
            if (item.Rows > rows && !atLeastOne)
                return; // those behind it wait too: overtaking would let small requests starve large ones
            atLeastOne = false;
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
            foreach (var item in bucket.Items)
            {
                if (item.Deadline <= now)
                    into.Add(item);
            }
        }

        foreach (var item in into)
            Remove(item);
    }

    public void TakeAll(List<T> into)
    {
        foreach (var bucket in _buckets.Values)
            into.AddRange(bucket.Items);
        _buckets.Clear();
        Count = 0;
    }

    private sealed class Bucket
    {
        public SortedSet<T> Items { get; } = new(UrgencyOrder.Instance);

        public int Rows { get; set; }
    }
}

/// <param name="Rows">That wait.</param>
/// <param name="Priority">Of the most urgent item.</param>
/// <param name="Deadline">Of the most urgent item.</param>
/// <param name="Since">When the most urgent item came.</param>
internal readonly record struct BucketView(string Bucket, int Rows, int Priority, TimeSpan Deadline, TimeSpan Since);
