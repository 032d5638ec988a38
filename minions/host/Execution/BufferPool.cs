using System.Collections.Concurrent;
using Espresso.Errors;
using Espresso.Minions.Batching;

namespace Espresso.Minions.Execution;

/// <summary>Batch buffers by bucket. As many are made as are in use at once: one an instance, and on accelerators the open and the finishing one.</summary>
/// <param name="forgotten">Told of a bucket that has made room for another.</param>
internal sealed class BufferPool(IExecutor executor, int maxBatch, Action<string>? forgotten = null)
{
    /// <summary>Shapes that a network with variable dimensions is served in at once; each holds buffers for a whole batch.</summary>
    private const int MaxBuckets = 32;

    /// <summary>Of one batch's buffers of all buckets together. A picture's size is the client's to choose, and the memory is ours.</summary>
    private const long MostBytes = 2L << 30;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock _probing = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Shapes> _shapes = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>Makes a bucket known; must come before its first item. The one that has been without items longest makes room.</summary>
    /// <returns>Null, or why the network does not take these shapes, or not now.</returns>
    public Failure? Register(string bucket, IReadOnlyList<long[]> inputShapes)
    {
        if (Knows(bucket))
            return null;
        lock (_probing) // to ask the network may be a run, of which one at a time is enough
        {
            if (Knows(bucket))
                return null;
            try
            {
                var bytes = Bytes(inputShapes, executor.Inputs);
                if (bytes > MostBytes)
                    return TooLarge();
                var outputShapes = executor.OutputShapes(inputShapes);
                bytes = checked(bytes + Bytes(outputShapes, executor.Outputs));
                return bytes > MostBytes ? TooLarge() : Add(bucket, new Shapes(inputShapes, outputShapes, bytes));
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
    }

    /// <summary>An item of the bucket is there: until it leaves, the bucket stays.</summary>
    /// <returns>False: the bucket is not known, or not any more.</returns>
    public bool Enter(string bucket)
    {
        lock (_gate)
        {
            if (!_shapes.TryGetValue(bucket, out var shapes))
                return false;
            shapes.Items++;
            shapes.LastUse = ++_uses;
            return true;
        }
    }

    public void Leave(string bucket)
    {
        lock (_gate)
            _shapes[bucket].Items--;
    }

    public BatchBuffers Take(string bucket)
    {
        var shapes = Of(bucket)!;
        return shapes.Idle.TryTake(out var buffers) ? buffers : new BatchBuffers(bucket, executor, shapes.Inputs, shapes.Outputs, maxBatch);
    }

    /// <summary>Those of a bucket that is gone meanwhile go, too.</summary>
    public void Return(BatchBuffers buffers) => Of(buffers.Bucket)?.Idle.Add(buffers);

    private bool Knows(string bucket) => Of(bucket) is not null;

    private Shapes? Of(string bucket)
    {
        lock (_gate)
            return _shapes.GetValueOrDefault(bucket);
    }

    private Failure? Add(string bucket, Shapes shapes)
    {
        lock (_gate)
        {
            while (_shapes.Count >= MaxBuckets || _shapes.Values.Sum(known => known.Bytes) + shapes.Bytes > MostBytes)
            {
                if (_shapes.Where(known => known.Value.Items == 0).OrderBy(known => known.Value.LastUse).Select(known => known.Key).FirstOrDefault() is not { } idle)
                    return Failure.Overloaded(Reasons.QueueFull, $"{_shapes.Count} different shapes are being served, and there is no room for another now", Again);
                _shapes.Remove(idle);
                forgotten?.Invoke(idle);
            }

            shapes.LastUse = ++_uses;
            _shapes.Add(bucket, shapes);
            return null;
        }
    }

    /// <summary>Of a full batch.</summary>
    private long Bytes(IReadOnlyList<long[]> shapes, IReadOnlyList<TensorInfo> infos) =>
        shapes.Zip(infos, (shape, info) => checked(maxBatch * TensorMemory.ItemBytes(shape, info.Datatype)))
            .Aggregate(0L, (sum, bytes) => checked(sum + (bytes <= Array.MaxLength ? bytes : throw new OverflowException())));

    private Failure TooLarge() =>
        Failure.TooLarge(Reasons.InvalidTensor, $"a batch of {maxBatch} such items is larger than the {MostBytes} bytes that there are for all");

    private sealed class Shapes(IReadOnlyList<long[]> inputs, IReadOnlyList<long[]> outputs, long bytes)
    {
        public IReadOnlyList<long[]> Inputs => inputs;

        public IReadOnlyList<long[]> Outputs => outputs;

        public long Bytes => bytes;

        public ConcurrentBag<BatchBuffers> Idle { get; } = [];

        /// <summary>That wait or run.</summary>
        public int Items { get; set; }

        public long LastUse { get; set; }
    }
}
