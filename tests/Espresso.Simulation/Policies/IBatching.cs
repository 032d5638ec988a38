using Espresso.Minions.Batching;

namespace Espresso.Simulation.Policies;

/// <summary>What a free device does with what waits.</summary>
internal interface IBatching
{
    string Name { get; }

    /// <summary>Items know their deadlines, the most urgent goes first, and what is too late is dropped. Else first in, first out.</summary>
    bool KnowsDeadlines { get; }

    /// <summary>While the device is busy the next batch stands open and grows, as in the minion's batcher.</summary>
    bool Stages { get; }

    BatchDecision Decide(
        IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs);
}

/// <summary>The minion's own policy.</summary>
internal sealed class MeshBatching : IBatching
{
    public string Name => "espresso";

    public bool KnowsDeadlines => true;

    public bool Stages => true;

    public BatchDecision Decide(
        IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs) =>
        BatchPolicy.Decide(waiting, now, freeInstances, freeSince, nextArrival, costs);
}

/// <summary>
/// A batch leaves when it is full or when its first item has waited for the window, the oldest first. One queue a shape, which is kind:
/// many servers end a batch at the first foreign shape.
/// </summary>
internal sealed class FixedWindowBatching(TimeSpan window) : IBatching
{
    public string Name => $"fixed window of {window.TotalMilliseconds:0.#} ms";

    public bool KnowsDeadlines => false;

    public bool Stages => false;

    public BatchDecision Decide(
        IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs) =>
        Oldest.Decide(waiting, now, costs.MaxBatch, window);
}

/// <summary>
/// As Triton's dynamic batcher with one preferred size and a queue delay: a batch of the preferred size leaves at once, a smaller one
/// when its first item has waited for the delay.
/// </summary>
internal sealed class PreferredSizeBatching(int preferred, TimeSpan delay) : IBatching
{
    public string Name => $"preferred size {preferred}, delay {delay.TotalMilliseconds:0.#} ms";

    public bool KnowsDeadlines => false;

    public bool Stages => false;

    public BatchDecision Decide(
        IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs) =>
        Oldest.Decide(waiting, now, Math.Min(preferred, costs.MaxBatch), delay);
}

/// <summary>What the two comparators share: the oldest bucket that may go, goes.</summary>
file static class Oldest
{
    /// <param name="enough">Rows with which a batch goes at once.</param>
    public static BatchDecision Decide(IReadOnlyList<BucketView> waiting, TimeSpan now, int enough, TimeSpan patience)
    {
        var oldest = -1;
        var first = TimeSpan.MaxValue;
        for (var i = 0; i < waiting.Count; i++)
        {
            var bucket = waiting[i];
            if (first > bucket.Since)
                first = bucket.Since;
            if ((bucket.Rows >= enough || now >= bucket.Since + patience) && (oldest < 0 || bucket.Since < waiting[oldest].Since))
                oldest = i;
        }

        if (oldest >= 0)
        {
            var (bucket, rows) = (waiting[oldest].Bucket, waiting[oldest].Rows);
            return rows >= enough
                ? BatchDecision.Take(bucket, enough, ReleaseReason.Full)
                : BatchDecision.Take(bucket, rows, ReleaseReason.HeldEnough);
        }

        return BatchDecision.Wait(first == TimeSpan.MaxValue ? first : first + patience);
    }
}
