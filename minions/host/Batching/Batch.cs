using Espresso.Errors;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Batching;

/// <summary>Items that run together, and the buffers they run in. Owned by one thread at a time.</summary>
internal sealed class Batch(BatchBuffers buffers)
{
    public BatchBuffers Buffers { get; } = buffers;

    public List<InferItem> Items { get; } = [];

    /// <summary>When each item left the queue, in the items' order.</summary>
    public List<TimeSpan> Taken { get; } = [];

    /// <summary>The items at fault and why.</summary>
    public Dictionary<InferItem, Failure> Failures { get; } = [];

    public int Rows { get; private set; }

    public long Id { get; set; }

    public ReleaseReason Release { get; set; }

    /// <summary>When its run began and ended, on the batcher's clock.</summary>
    public TimeSpan Started { get; set; }

    public TimeSpan Computed { get; set; }

    public void Add(InferItem item, TimeSpan taken)
    {
        Items.Add(item);
        Taken.Add(taken);
        Rows += item.Rows;
    }
}

/// <summary>Room for the largest batch of one bucket: pinned, made once, used again and again.</summary>
internal sealed class BatchBuffers
{
    public BatchBuffers(string bucket, IExecutor executor, IReadOnlyList<long[]> inputShapes, IReadOnlyList<long[]> outputShapes, int maxBatch)
    {
        Bucket = bucket;
        Inputs = [.. inputShapes.Select((shape, i) => Room(shape, executor.Inputs[i].Datatype, maxBatch))];
        Outputs = [.. outputShapes.Select((shape, i) => Room(shape, executor.Outputs[i].Datatype, maxBatch))];
    }

    public string Bucket { get; }

    public IReadOnlyList<TensorMemory> Inputs { get; }

    public IReadOnlyList<TensorMemory> Outputs { get; }

    private static TensorMemory Room(long[] shape, Datatype datatype, int rows)
    {
        var bytes = checked((int)(rows * TensorMemory.ItemBytes(shape, datatype)));
        return new TensorMemory(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), datatype, shape);
    }
}
