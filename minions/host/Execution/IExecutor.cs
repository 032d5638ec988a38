namespace Espresso.Minions.Execution;

/// <summary>A device with a model on it. Its owner is the batcher; <see cref="Run"/> is called by one thread an instance.</summary>
internal interface IExecutor : IDisposable
{
    /// <summary>cpu, cuda, tensorrt, simulated.</summary>
    string Device { get; }

    /// <summary>Runs that go on side by side.</summary>
    int Instances { get; }

    /// <summary>True: computing leaves the host's cores to others, so assembling and finishing are worth threads of their own.</summary>
    bool IsAccelerator { get; }

    IReadOnlyList<TensorInfo> Inputs { get; }

    IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>The outputs' shapes, without the batch axis, for items of these input shapes.</summary>
    /// <exception cref="InvalidOperationException">The network does not take these shapes.</exception>
    IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes);

    /// <summary>Runs <paramref name="rows"/> items on an instance, 0 to <see cref="Instances"/> − 1. Blocks until the outputs are written.</summary>
    void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs);

    /// <summary>Runs like <see cref="Run"/>, and gives back what larger batches before have left allocated.</summary>
    void RunAndTrim(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) =>
        Run(instance, rows, inputs, outputs);
}

/// <param name="Shape">With the batch axis first; −1 stands for a variable dimension.</param>
internal sealed record TensorInfo(string Name, Datatype Datatype, long[] Shape)
{
    public bool Takes(ReadOnlySpan<long> itemShape)
    {
        if (itemShape.Length != Shape.Length - 1)
            return false;
        for (var i = 0; i < itemShape.Length; i++)
        {
            if (itemShape[i] <= 0 || (Shape[i + 1] >= 0 && Shape[i + 1] != itemShape[i]))
                return false;
        }

        return true;
    }
}

/// <summary>Pinned memory that holds a tensor of at least the rows that are run.</summary>
/// <param name="ItemShape">Without the batch axis.</param>
internal readonly record struct TensorMemory(Memory<byte> Memory, Datatype Datatype, long[] ItemShape)
{
    public static long ItemBytes(long[] itemShape, Datatype datatype)
    {
        var bytes = (long)datatype.Bytes();
        foreach (var dimension in itemShape)
            bytes = checked(bytes * dimension);
        return bytes;
    }
}
