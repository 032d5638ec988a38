using Espresso.Minions.Execution;

namespace Espresso.Minions.Batching;

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
