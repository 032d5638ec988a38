using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Espresso.Manifests;

namespace Espresso.Minions.Execution;

/// <summary>uint8 pixels to a network's floats and back: the only arithmetic that stands between the wire and the device.</summary>
internal static class Pixels
{
    /// <summary>tensor = (pixel · scale − mean) / std, from [height, width, channels] to the input's layout.</summary>
    /// <param name="pixels">height · width · channels bytes.</param>
    /// <param name="tensor">As many floats.</param>
    public static void Normalise(ReadOnlySpan<byte> pixels, InputSpec input, Span<float> tensor)
    {
        var channels = input.ChannelCount;
        Span<float> factor = stackalloc float[3];
        Span<float> offset = stackalloc float[3];
        for (var c = 0; c < channels; c++)
        {
            var std = input.Std.Count > 0 ? input.Std[c] : 1;
            factor[c] = input.Scale / std;
            offset[c] = -(input.Mean.Count > 0 ? input.Mean[c] : 0) / std;
        }

        if (channels == 1)
            Plane(pixels, factor[0], offset[0], tensor);
        else if (input.Layout == TensorLayout.Nchw)
            Planes(pixels, factor, offset, tensor);
        else
            Interleaved(pixels, factor, offset, tensor);
    }

    /// <summary>(value − low) / (high − low) in 0..255, rounded; NaN becomes 0.</summary>
    public static void Quantise(ReadOnlySpan<float> values, float low, float high, Span<byte> into)
    {
        var factor = Factor(low, high, byte.MaxValue);
        var i = 0;
        for (; i <= values.Length - 32; i += 32)
        {
            var a = Step(values[i..], low, factor, byte.MaxValue);
            var b = Step(values[(i + 8)..], low, factor, byte.MaxValue);
            var c = Step(values[(i + 16)..], low, factor, byte.MaxValue);
            var d = Step(values[(i + 24)..], low, factor, byte.MaxValue);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).CopyTo(into[i..]);
        }

        for (; i < values.Length; i++)
            into[i] = (byte)Step(values[i], low, factor, byte.MaxValue);
    }

    /// <summary>As the other, in 0..65535.</summary>
    public static void Quantise(ReadOnlySpan<float> values, float low, float high, Span<ushort> into)
    {
        var factor = Factor(low, high, ushort.MaxValue);
        var i = 0;
        for (; i <= values.Length - 16; i += 16)
        {
            var a = Step(values[i..], low, factor, ushort.MaxValue);
            var b = Step(values[(i + 8)..], low, factor, ushort.MaxValue);
            Vector256.Narrow(a, b).CopyTo(into[i..]);
        }

        for (; i < values.Length; i++)
            into[i] = (ushort)Step(values[i], low, factor, ushort.MaxValue);
    }

    /// <summary>The smallest and the largest finite value; 0 and 0 where there is none.</summary>
    public static ValueRange RangeOf(ReadOnlySpan<float> values)
    {
        var low = TensorPrimitives.MinNumber(values);
        var high = TensorPrimitives.MaxNumber(values);
        return float.IsFinite(low) && float.IsFinite(high) ? new ValueRange(low, high) : FiniteRange(values);
    }

    /// <summary>Planes [channels, pixels] to pixels [pixels, channels].</summary>
    public static void Interleave<T>(ReadOnlySpan<T> planes, int channels, Span<T> into)
    {
        var count = planes.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            var plane = planes.Slice(c * count, count);
            for (int i = 0, j = c; i < plane.Length; i++, j += channels)
                into[j] = plane[i];
        }
    }

    private static ValueRange FiniteRange(ReadOnlySpan<float> values)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return low <= high ? new ValueRange(low, high) : default;
    }

    private static void Plane(ReadOnlySpan<byte> pixels, float factor, float offset, Span<float> into)
    {
        var (factors, offsets) = (Vector256.Create(factor), Vector256.Create(offset));
        var i = 0;
        for (; i <= pixels.Length - 16; i += 16)
            Scaled(Vector128.Create(pixels.Slice(i, 16)), factors, offsets, into.Slice(i, 16));
        for (; i < pixels.Length; i++)
            into[i] = (pixels[i] * factor) + offset;
    }

    /// <summary>Sixteen pixels of three channels at a time: each channel is picked out of the three vectors that hold them.</summary>
    private static void Planes(ReadOnlySpan<byte> pixels, ReadOnlySpan<float> factor, ReadOnlySpan<float> offset, Span<float> into)
    {
        var count = pixels.Length / 3;
        for (var c = 0; c < 3; c++)
        {
            var plane = into.Slice(c * count, count);
            var (first, second, third) = Pick(c);
            var (factors, offsets) = (Vector256.Create(factor[c]), Vector256.Create(offset[c]));
            var i = 0;
            for (; i <= count - 16; i += 16)
            {
                var at = pixels.Slice(3 * i, 48);
                var channel = Vector128.ShuffleNative(Vector128.Create(at), first)
                    | Vector128.ShuffleNative(Vector128.Create(at[16..]), second)
                    | Vector128.ShuffleNative(Vector128.Create(at[32..]), third);
                Scaled(channel, factors, offsets, plane.Slice(i, 16));
            }

            for (; i < count; i++)
                plane[i] = (pixels[(3 * i) + c] * factor[c]) + offset[c];
        }
    }

    /// <summary>For pixel i of sixteen, byte 3·i + channel of forty-eight; where the byte is in another vector, an index that gives zero on every processor.</summary>
    private static (Vector128<byte> First, Vector128<byte> Second, Vector128<byte> Third) Pick(int channel)
    {
        Span<byte> picks = stackalloc byte[48];
        picks.Fill(byte.MaxValue);
        for (var i = 0; i < 16; i++)
        {
            var at = (3 * i) + channel;
            picks[(at / 16 * 16) + i] = (byte)(at % 16);
        }

        return (Vector128.Create<byte>(picks), Vector128.Create<byte>(picks[16..]), Vector128.Create<byte>(picks[32..]));
    }

    private static void Scaled(Vector128<byte> bytes, Vector256<float> factors, Vector256<float> offsets, Span<float> into)
    {
        var wide = Vector256.WidenLower(bytes.ToVector256Unsafe());
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(Vector256.WidenLower(wide).AsInt32()), factors, offsets).CopyTo(into);
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(Vector256.WidenUpper(wide).AsInt32()), factors, offsets).CopyTo(into[8..]);
    }

    private static void Interleaved(ReadOnlySpan<byte> pixels, ReadOnlySpan<float> factor, ReadOnlySpan<float> offset, Span<float> into)
    {
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            into[i] = (pixels[i] * factor[0]) + offset[0];
            into[i + 1] = (pixels[i + 1] * factor[1]) + offset[1];
            into[i + 2] = (pixels[i + 2] * factor[2]) + offset[2];
        }
    }

    private static float Factor(float low, float high, float full) => high > low ? full / (high - low) : 0;

    /// <remarks>The difference comes first: far from zero, value · factor and low · factor would have lost it.</remarks>
    private static Vector256<uint> Step(ReadOnlySpan<float> values, float low, float factor, float full)
    {
        var scaled = ((Vector256.Create(values) - Vector256.Create(low)) * factor) + Vector256.Create(0.5f);
        scaled = Vector256.ConditionalSelect(Vector256.Equals(scaled, scaled), scaled, Vector256<float>.Zero);
        return Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(scaled, Vector256<float>.Zero), Vector256.Create(full))).AsUInt32();
    }

    private static uint Step(float value, float low, float factor, float full)
    {
        var scaled = ((value - low) * factor) + 0.5f;
        return float.IsNaN(scaled) ? 0 : (uint)Math.Clamp(scaled, 0, full);
    }
}
