using System.Collections.Concurrent;
using System.Numerics;

namespace Espresso.Wire;

/// <summary>Pinned arrays in four sizes an octave, kept up to a cap.</summary>
/// <remarks>
/// Four sizes an octave waste at most a quarter of a buffer; <see cref="System.Buffers.ArrayPool{T}"/> has one, and its arrays are not pinned.
/// The cap bounds what the pool keeps: sixteen 1024² pictures in uint8. What a burst needed above it is garbage, but the collector gives the
/// memory back late: 20 bodies of 25 MiB at once left a coordinator at 0.9 GiB; asking for collections in the background changed nothing.
/// </remarks>
internal sealed class PayloadPool(long capBytes)
{
    private const int Smallest = 4096;

    private readonly ConcurrentBag<byte[]>[] _bags = [.. Enumerable.Range(0, 4 * 20).Select(_ => new ConcurrentBag<byte[]>())];
    private long _kept;

    public static PayloadPool Shared { get; } = new(48L << 20);

    public long KeptBytes => Interlocked.Read(ref _kept);

    public byte[] Rent(int length)
    {
        var (bag, size) = BucketOf(length);
        if (bag < _bags.Length && _bags[bag].TryTake(out var array))
        {
            Interlocked.Add(ref _kept, -array.Length);
            return array;
        }

        return GC.AllocateUninitializedArray<byte>(size, pinned: true);
    }

    public void Return(byte[] array)
    {
        var (bag, size) = BucketOf(array.Length);
        if (size != array.Length || bag >= _bags.Length)
            return;
        if (Interlocked.Add(ref _kept, size) > capBytes)
        {
            Interlocked.Add(ref _kept, -size);
            return;
        }

        _bags[bag].Add(array);
    }

    /// <summary>The bucket whose arrays hold <paramref name="length"/> bytes, and their size.</summary>
    internal static (int Bag, int Size) BucketOf(int length)
    {
        if (length <= Smallest)
            return (0, Smallest);
        var octave = BitOperations.Log2((uint)(length - 1));
        var step = 1L << (octave - 2);
        var quarter = (length - 1 - (1L << octave)) / step;
        var size = (1L << octave) + ((quarter + 1) * step);
        var bag = 1 + (4 * (octave - 12)) + (int)quarter;
        return (bag, (int)Math.Min(size, Array.MaxLength));
    }
}
