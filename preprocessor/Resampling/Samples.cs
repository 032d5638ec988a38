using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Resampling;

/// <summary>Samples of every type ↔ numbers from 0, black, to 1, white.</summary>
internal static class Samples
{
    /// <summary>The values that stand for black and white in a tensor.</summary>
    public static (float Low, float High) Range(ModelTensor tensor)
    {
        if (tensor.Type != SampleType.Float32)
            return (0, tensor.Type == SampleType.UInt8 ? byte.MaxValue : ushort.MaxValue);
        if (tensor.Low != tensor.High)
            return (tensor.Low, tensor.High);

        var values = MemoryMarshal.Cast<byte, float>(tensor.Contents.Span);
        var (low, high) = (TensorPrimitives.MinNumber(values), TensorPrimitives.MaxNumber(values));
        return float.IsFinite(low) && float.IsFinite(high) ? (low, high) : FiniteRange(values);
    }

    /// <summary>One row of a tensor, clipped to its range; NaN is black, and so is everything where the range is empty.</summary>
    public static void Read(ModelTensor tensor, int row, (float Low, float High) range, Span<float> into)
    {
        var bytes = tensor.Contents.Span.Slice(row * into.Length * tensor.SampleBytes, into.Length * tensor.SampleBytes);
        switch (tensor.Type)
        {
            case SampleType.UInt8:
                TensorPrimitives.ConvertTruncating<byte, float>(bytes, into);
                break;
            case SampleType.UInt16:
                TensorPrimitives.ConvertTruncating<ushort, float>(MemoryMarshal.Cast<byte, ushort>(bytes), into);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(into);
                break;
        }

        var width = range.High - range.Low;
        TensorPrimitives.Subtract(into, range.Low, into);
        TensorPrimitives.Multiply(into, width == 0 ? 0 : 1 / width, into);
        if (tensor.Type == SampleType.Float32)
        {
            TensorPrimitives.MaxNumber(into, 0, into); // of NaN and a number, the number
            TensorPrimitives.MinNumber(into, 1, into);
            if (width == 0)
                into.Clear();
        }
    }

    /// <summary>0..1 → 0..255, rounded, clipped.</summary>
    public static void ToBytes(ReadOnlySpan<float> values, Span<byte> into)
    {
        var at = 0;
        for (; at + Vector<byte>.Count <= values.Length; at += Vector<byte>.Count)
        {
            var four = values.Slice(at, Vector<byte>.Count);
            var low = Vector.Narrow(Scaled(four, 0), Scaled(four, 1));
            var high = Vector.Narrow(Scaled(four, 2), Scaled(four, 3));
            Vector.AsVectorByte(Vector.Narrow(low, high)).CopyTo(into[at..]);
        }

        for (; at < values.Length; at++)
            into[at] = (byte)((Math.Clamp(values[at], 0, 1) * byte.MaxValue) + 0.5f);

        static Vector<int> Scaled(ReadOnlySpan<float> values, int part)
        {
            var value = new Vector<float>(values[(part * Vector<float>.Count)..]);
            value = Vector.Max(Vector.Min(value, Vector<float>.One), Vector<float>.Zero);
            return Vector.ConvertToInt32((value * byte.MaxValue) + new Vector<float>(0.5f));
        }
    }

    /// <summary>0..1 → 0..65535, rounded, clipped, in this machine's byte order.</summary>
    public static void ToUShorts(ReadOnlySpan<float> values, Span<ushort> into)
    {
        for (var at = 0; at < values.Length; at++)
            into[at] = (ushort)((Math.Clamp(values[at], 0, 1) * ushort.MaxValue) + 0.5f);
    }

    private static (float Low, float High) FiniteRange(ReadOnlySpan<float> values)
    {
        var (low, high) = (float.MaxValue, float.MinValue);
        foreach (var value in values)
        {
            if (float.IsFinite(value))
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        return low <= high ? (low, high) : (0, 0);
    }
}
