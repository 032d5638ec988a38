using System.Collections.Concurrent;
using Espresso.Errors;
using Espresso.Minions.Batching;

namespace Espresso.Minions.Execution;

/// <summary>Batch buffers by bucket. As many are made as are in use at once: one an instance, and on accelerators the open and the finishing one.</summary>
internal sealed class BufferPool(IExecutor executor, int maxBatch)
{
    /// <summary>Shapes that a network with variable dimensions is served in at once; each holds buffers for a whole batch.</summary>
    private const int MaxBuckets = 32;

    private readonly ConcurrentDictionary<string, Shapes> _shapes = new(StringComparer.Ordinal);

    /// <summary>Makes a bucket known; must come before its first item.</summary>
    /// <returns>Null, or why the network does not take these shapes.</returns>
    public Failure? Register(string bucket, IReadOnlyList<long[]> inputShapes)
    {
        if (_shapes.ContainsKey(bucket))
            return null;
        if (_shapes.Count >= MaxBuckets)
            return Failure.Invalid(Reasons.InvalidTensor, $"this replica serves {MaxBuckets} different shapes already");
        try
        {
            if (Bytes(inputShapes, executor.Inputs) > Array.MaxLength)
                return TooLarge();
            var outputShapes = executor.OutputShapes(inputShapes);
            if (Bytes(outputShapes, executor.Outputs) > Array.MaxLength)
                return TooLarge();
            _shapes.TryAdd(bucket, new Shapes(inputShapes, outputShapes));
            return null;
        }
        catch (OverflowException)
        {
            return TooLarge();
        }
        catch (InvalidOperationException error)
        {
            return Failure.Invalid(Reasons.InvalidTensor, $"the network does not take these shapes: {error.Message}");
        }
    }

    /// <summary>Of the largest tensor of a full batch.</summary>
    private long Bytes(IReadOnlyList<long[]> shapes, IReadOnlyList<TensorInfo> infos) =>
        shapes.Zip(infos, (shape, info) => checked(maxBatch * TensorMemory.ItemBytes(shape, info.Datatype))).Max();

    private Failure TooLarge() =>
        Failure.TooLarge(Reasons.InvalidTensor, $"a batch of {maxBatch} such items is larger than what fits into one buffer");

    public BatchBuffers Take(string bucket)
    {
        var shapes = _shapes[bucket];
        return shapes.Idle.TryTake(out var buffers) ? buffers : new BatchBuffers(bucket, executor, shapes.Inputs, shapes.Outputs, maxBatch);
    }

    public void Return(BatchBuffers buffers) => _shapes[buffers.Bucket].Idle.Add(buffers);

    private sealed record Shapes(IReadOnlyList<long[]> Inputs, IReadOnlyList<long[]> Outputs)
    {
        public ConcurrentBag<BatchBuffers> Idle { get; } = [];
    }
}
