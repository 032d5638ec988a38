using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Decoding;

/// <summary>What masks need besides resizing.</summary>
internal static class Masks
{
    /// <summary>Threshold, then grow, as the spec says.</summary>
    public static void Apply(TensorSpec spec, Span<byte> mask, int width, int height)
    {
        if (spec.Threshold != 0)
            Threshold(mask, spec.Threshold);

        if (spec.Grow != 0)
            Grow(mask, width, height, spec.Grow);
    }

    /// <summary>Gray dilation: every pixel becomes the largest value within <paramref name="by"/> pixels to every side, a square.</summary>
    /// <remarks>
    /// The square's two directions are separate, and in each the reach doubles: after the maximum with the neighbour at distance s, the next
    /// distance is 2s. So growing by n takes log2(n) vectorised passes a direction, whatever the mask looks like.
    /// </remarks>
    public static void Grow(Span<byte> mask, int width, int height, int by)
    {
        for (var row = 0; row < height; row++)
            Spread(mask.Slice(row * width, width), 1, Math.Min(by, width - 1));
        Spread(mask, width, Math.Min(by, height - 1));
    }

    private static void Threshold(Span<byte> mask, byte threshold)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(mask);
        foreach (ref var vector in vectors)
            vector = Vector.GreaterThanOrEqual(vector, new Vector<byte>(threshold)); // all bits or none
        foreach (ref var value in mask[(vectors.Length * Vector<byte>.Count)..])
            value = value >= threshold ? byte.MaxValue : (byte)0;
    }

    // Along one direction, where neighbours lie `unit` apart; `line` is one row, or all rows with the row's length for unit.
    private static void Spread(Span<byte> line, int unit, int by)
    {
        for (var reach = 0; reach < by;)
        {
            // Before: each value stands for its own ± reach. A shift of at most reach + 1 leaves no gap.
            var shift = Math.Min(reach + 1, by - reach);
            Maximum(line, shift * unit);
            reach += shift;
        }
    }

    // Each value with those at the distance before and behind it, all as they were.
    private static void Maximum(Span<byte> line, int distance)
    {
        var rented = ArrayPool<byte>.Shared.Rent(line.Length);
        var before = rented.AsSpan(0, line.Length);
        line.CopyTo(before);
        TensorPrimitives.Max(line[distance..], before[..^distance], line[distance..]);
        TensorPrimitives.Max(line[..^distance], before[distance..], line[..^distance]);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A soft border outside the mask: grown by a pixel, then smoothed over three, so that what was bright stays as bright.</summary>
    public static void Feather(Span<byte> mask, int width, int height)
    {
        Grow(mask, width, height, 1);
        for (var row = 0; row < height; row++)
            Smooth(mask.Slice(row * width, width), 1);
        Smooth(mask, width);
    }

    // Weights 1 2 1 along one direction; the first and the last are their own neighbours.
    private static void Smooth(Span<byte> line, int unit)
    {
        var rented = ArrayPool<byte>.Shared.Rent(line.Length);
        var before = rented.AsSpan(0, line.Length);
        line.CopyTo(before);
        for (var i = 0; i < line.Length; i++)
        {
            var previous = before[i < unit ? i : i - unit];
            var next = before[i + unit < line.Length ? i + unit : i];
            line[i] = (byte)((previous + (2 * before[i]) + next + 2) >> 2);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }
}
