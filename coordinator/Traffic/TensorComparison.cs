using System.Buffers.Binary;
using Espresso.Coordinator.Inference;
using Espresso.Manifests;
using Espresso.Outputs;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Traffic;

/// <summary>How far two versions' tensors of one output are apart, in the output's own unit where it has a range, else of full scale.</summary>
/// <param name="Mean">Mean absolute difference.</param>
/// <param name="Largest">Largest absolute difference.</param>
/// <param name="Agreement">
/// Masks: the share of pixels on the same side of one half. Labels: 1 where the best is the same, else 0; texts: where all is. Embeddings: the
/// cosine of the angle between the two. Null for other outputs.
/// </param>
internal readonly record struct TensorDifference(double Mean, double Largest, double? Agreement);

internal static class TensorComparison
{
    /// <returns>Null where they cannot be compared: of different kinds or sizes, with other labels or scores, or with numbers that are none.</returns>
    public static TensorDifference? Compare(OutputSpec spec, PlacedTensor one, OutputSpec otherSpec, PlacedTensor other) =>
        spec.IsPicture != otherSpec.IsPicture || (!spec.IsPicture && spec.Kind != otherSpec.Kind) ? null
        : spec.IsPicture ? Pictures(one, other, spec.Kind)
        : Readout.TryRead(All(spec), one.Data.Span, out var value, out _) && Readout.TryRead(All(otherSpec), other.Data.Span, out var otherValue, out _)
            ? Values(value, otherValue)
            : null;

    /// <summary>All labels count, not only the best.</summary>
    private static OutputSpec All(OutputSpec spec) => spec with { Top = int.MaxValue, Least = null };

    private static TensorDifference? Values(OutputValue value, OutputValue other) => (value, other) switch
    {
        (LabelsValue { Labels: var labels }, LabelsValue { Labels: var others }) =>
            Named(labels, others) is { } found ? found with { Agreement = labels[0].Name == others[0].Name ? 1 : 0 } : null,
        (ScoresValue { Scores: var scores }, ScoresValue { Scores: var others }) => Named(scores, others),
        (EmbeddingValue { Vector: var vector }, EmbeddingValue { Vector: var others }) when vector.Count == others.Count =>
            Numbers(vector.Zip(others)) with { Agreement = Cosine(vector, others) },
        (TextValue text, TextValue others) => text == others ? new TensorDifference(0, 0, 1) : new TensorDifference(1, 1, 0),
        _ => null,
    };

    private static TensorDifference? Named(IReadOnlyList<NamedScore> ones, IReadOnlyList<NamedScore> others)
    {
        var scores = others.ToDictionary(other => other.Name, other => other.Score, StringComparer.Ordinal);
        return ones.Count == others.Count && ones.All(one => scores.ContainsKey(one.Name)) ? Numbers(ones.Select(one => (one.Score, scores[one.Name]))) : null;
    }

    private static TensorDifference Numbers(IEnumerable<(float One, float Other)> pairs)
    {
        var differences = pairs.Select(pair => Math.Abs((double)pair.One - pair.Other)).ToList();
        return new TensorDifference(differences.Average(), differences.Max(), null);
    }

    private static double Cosine(IReadOnlyList<float> one, IReadOnlyList<float> other)
    {
        var (dot, length, otherLength) = (0.0, 0.0, 0.0);
        for (var i = 0; i < one.Count; i++)
        {
            dot += (double)one[i] * other[i];
            length += (double)one[i] * one[i];
            otherLength += (double)other[i] * other[i];
        }

        return length > 0 && otherLength > 0 ? dot / Math.Sqrt(length * otherLength) : length == otherLength ? 1 : 0;
    }

    private static TensorDifference? Pictures(PlacedTensor one, PlacedTensor other, OutputKind kind)
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
