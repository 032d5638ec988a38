using System.Buffers.Binary;
using Espresso.Coordinator.Inference;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Traffic;

/// <summary>How far two versions' tensors of one output are apart, in the output's own unit where it has a range, else of full scale.</summary>
/// <param name="Mean">Mean absolute difference.</param>
/// <param name="Largest">Largest absolute difference.</param>
/// <param name="Agreement">Masks: the share of pixels on the same side of one half; null for other outputs.</param>
internal readonly record struct TensorDifference(double Mean, double Largest, double? Agreement);

internal static class TensorComparison
{
    /// <returns>Null where they cannot be compared: of different sizes.</returns>
    public static TensorDifference? Compare(PlacedTensor one, PlacedTensor other, OutputKind kind)
    {
        var (first, second) = (one.Form, other.Form);
        if ((first.Width, first.Height, first.Channels) != (second.Width, second.Height, second.Channels))
            return null;
        var (count, sum, largest, agreeing) = ((int)(first.Width * first.Height * first.Channels), 0.0, 0.0, 0L);
        var (scale, otherScale) = (Scale.Of(one), Scale.Of(other));
        for (var i = 0; i < count; i++)
        {
            var (code, otherCode) = (scale.Code(i), otherScale.Code(i));
            var difference = Math.Abs(scale.Value(code) - otherScale.Value(otherCode));
            sum += difference;
            largest = Math.Max(largest, difference);
            if (code >= 0.5 == otherCode >= 0.5)
                agreeing++;
        }

        return new TensorDifference(sum / count, largest, kind == OutputKind.Mask ? (double)agreeing / count : null);
    }

    /// <summary>A tensor's codes as parts of its scale, 0 to 1, and as values.</summary>
    private readonly record struct Scale(ReadOnlyMemory<byte> Data, bool IsWide, double Low, double High)
    {
        public static Scale Of(PlacedTensor tensor) => new(
            tensor.Data.Memory, tensor.Form.Datatype == Datatype.Uint16, tensor.Range?.Low ?? 0, tensor.Range?.High ?? 1);

        public double Code(int index) => IsWide
            ? BinaryPrimitives.ReadUInt16LittleEndian(Data.Span[(2 * index)..]) / (double)ushort.MaxValue
            : Data.Span[index] / (double)byte.MaxValue;

        public double Value(double code) => Low + (code * (High - Low));
    }
}
