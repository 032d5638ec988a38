using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Espresso.Manifests;

namespace Espresso.Outputs;

/// <summary>What the tensor of an output that is no picture says. Pure.</summary>
public static class Readout
{
    /// <summary>Elements of one item's tensor: float32, or for texts bytes.</summary>
    public static int CountOf(OutputSpec output) => output.Kind switch
    {
        OutputKind.Labels => output.Labels.Count,
        OutputKind.Scores => output.Scores.Count,
        OutputKind.Embedding => output.Size,
        OutputKind.Text => output.Length,
        _ => throw new ArgumentException($"a {output.Kind} lies over the picture", nameof(output)),
    };

    /// <param name="bytes">One item's tensor: little-endian float32, for texts UTF-8 with zeros after its end.</param>
    /// <param name="fault">Why it says nothing: a number that is none, bytes that are no text.</param>
    public static bool TryRead(OutputSpec output, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out OutputValue? value, [NotNullWhen(false)] out string? fault)
    {
        (value, fault) = (null, null);
        if (output.Kind == OutputKind.Text)
        {
            value = TextOf(bytes) is { } text ? new TextValue(text) : null;
            fault = value is null ? "its bytes are no UTF-8" : null;
            return value is not null;
        }

        var numbers = Activate(output.Activation, MemoryMarshal.Cast<byte, float>(bytes));
        if (numbers.Length != CountOf(output))
            fault = $"it has {numbers.Length} numbers where {CountOf(output)} are declared";
        else if (Array.FindIndex(numbers, number => !float.IsFinite(number)) is >= 0 and var index)
            fault = $"it has {numbers[index]} for {NameOf(output, index)}";
        else
            value = ValueOf(output, numbers);
        return fault is null;
    }

    /// <summary>Every label's score, in the manifest's order; <see cref="TryRead"/> tells the best.</summary>
    public static float[] Activate(Activation activation, ReadOnlySpan<float> numbers)
    {
        var scores = numbers.ToArray();
        if (activation == Activation.Sigmoid)
        {
            foreach (ref var score in scores.AsSpan())
                score = 1 / (1 + MathF.Exp(-score));
        }
        else if (activation == Activation.Softmax && scores.Length > 0)
        {
            // Less the largest: the exponential of a logit may be too large for any number.
            var (largest, sum) = (scores.Max(), 0f);
            foreach (ref var score in scores.AsSpan())
                sum += score = MathF.Exp(score - largest);
            foreach (ref var score in scores.AsSpan())
                score /= sum;
        }

        return scores;
    }

    private static OutputValue ValueOf(OutputSpec output, float[] numbers) => output.Kind switch
    {
        OutputKind.Labels => new LabelsValue([.. output.Labels
            .Zip(numbers, (name, score) => new NamedScore(name, score))
            .Where(label => output.Least is not { } least || label.Score >= least)
            .OrderByDescending(label => label.Score) // stable: of equal ones the first in the manifest is first
            .Take(output.Top)]),
        OutputKind.Scores => new ScoresValue([.. output.Scores.Zip(numbers, (score, number) => new NamedScore(score.Name, number))]),
        _ => new EmbeddingValue(numbers),
    };

    private static string NameOf(OutputSpec output, int index) => output.Kind switch
    {
        OutputKind.Labels => $"'{output.Labels[index]}'",
        OutputKind.Scores => $"'{output.Scores[index].Name}'",
        _ => $"number {index}",
    };

    private static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var text = end < 0 ? bytes : bytes[..end];
        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : null;
    }
}
