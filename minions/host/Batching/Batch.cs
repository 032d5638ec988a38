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

    /// <summary>Takes an item out; the input rows behind it move up.</summary>
    /// <returns>False: it is not in this batch.</returns>
    public bool Remove(InferItem item)
    {
        var at = Items.IndexOf(item);
        if (at < 0)
            return false;
        Buffers.RemoveInputRows(Items.Take(at).Sum(before => before.Rows), item.Rows, Rows);
        Items.RemoveAt(at);
        Taken.RemoveAt(at);
        Rows -= item.Rows;
        return true;
    }

    /// <summary>Takes out what cannot be answered in time any more.</summary>
    public void TakeExpired(TimeSpan now, List<InferItem> into)
    {
        foreach (var item in Items.FindAll(item => item.Deadline <= now))
        {
            Remove(item);
            into.Add(item);
        }
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

    /// <summary>Closes the gap that <paramref name="rows"/> rows from <paramref name="row"/> on leave.</summary>
    /// <param name="filled">Rows that hold items, the gap included.</param>
    public void RemoveInputRows(int row, int rows, int filled)
    {
        foreach (var input in Inputs)
        {
            var bytes = (int)TensorMemory.ItemBytes(input.ItemShape, input.Datatype);
            var span = input.Memory.Span;
            span[((row + rows) * bytes)..(filled * bytes)].CopyTo(span[(row * bytes)..]);
        }
    }

    private static TensorMemory Room(long[] shape, Datatype datatype, int rows)
    {
        var bytes = checked((int)(rows * TensorMemory.ItemBytes(shape, datatype)));
        return new TensorMemory(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), datatype, shape);
    }
}
