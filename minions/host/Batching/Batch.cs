using Espresso.Errors;

namespace Espresso.Minions.Batching;

/// <summary>Items that run together, and the buffers they run in. Owned by one thread at a time.</summary>
internal sealed class Batch(BatchBuffers buffers) : OpenBatch<InferItem>(buffers.Bucket)
{
    public BatchBuffers Buffers { get; } = buffers;

    /// <summary>When each item left the queue, in the items' order.</summary>
    public List<TimeSpan> Taken { get; } = [];

    /// <summary>The items at fault and why.</summary>
    public Dictionary<InferItem, Failure> Failures { get; } = [];

    public long Id { get; set; }

    public ReleaseReason Release { get; set; }

    /// <summary>When its run began and ended, on the batcher's clock.</summary>
    public TimeSpan Started { get; set; }

    public TimeSpan Computed { get; set; }

    public override void Add(InferItem item, TimeSpan taken)
    {
        base.Add(item, taken);
        Taken.Add(taken);
    }

    /// <summary>The input rows behind it move up.</summary>
    protected override void RemoveAt(int at)
    {
        Buffers.RemoveInputRows(Items.Take(at).Sum(before => before.Rows), Items[at].Rows, Rows);
        Taken.RemoveAt(at);
        base.RemoveAt(at);
    }
}
