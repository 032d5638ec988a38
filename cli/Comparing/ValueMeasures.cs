using System.Globalization;
using Espresso.Cli.Client;

namespace Espresso.Cli.Comparing;

/// <summary>How far two answers are apart that are no pictures, in words. Pure.</summary>
internal static class ValueMeasures
{
    public static string Of(OutputInfo a, OutputInfo b) => (a, b) switch
    {
        ({ Labels: { } ones }, { Labels: { } others }) => Labels(ones, others),
        ({ Scores: { } ones }, { Scores: { } others }) => string.Join(", ", ones.Select(score => $"{score.Key} {Change(score.Value, others.TryGetValue(score.Key, out var other) ? other : null)}")),
        ({ Embedding: { } ones }, { Embedding: { } others }) => ones.Count == others.Count ? $"cosine {Number(Cosine(ones, others))}" : $"{ones.Count} and {others.Count} numbers",
        ({ Text: { } one }, { Text: { } other }) => one == other ? "the same text" : "another text",
        _ => $"{a.Kind} and {b.Kind} cannot be compared",
    };

    private static string Labels(IReadOnlyList<LabelInfo> ones, IReadOnlyList<LabelInfo> others)
    {
        if (ones.Count == 0 || others.Count == 0)
            return ones.Count == others.Count ? "no label in both" : $"{ones.Count} and {others.Count} labels";
        var first = ones[0].Name == others[0].Name ? $"the same first label, {Change(ones[0].Score, others[0].Score)}" : $"another first label, {ones[0].Name} and {others[0].Name}";
        return $"{first}; {ones.Select(label => label.Name).Intersect(others.Select(label => label.Name), StringComparer.Ordinal).Count()} of {ones.Count} labels in both";
    }

    private static double Cosine(IReadOnlyList<float> ones, IReadOnlyList<float> others)
    {
        var (dot, one, other) = (0.0, 0.0, 0.0);
        for (var i = 0; i < ones.Count; i++)
            (dot, one, other) = (dot + ((double)ones[i] * others[i]), one + ((double)ones[i] * ones[i]), other + ((double)others[i] * others[i]));
        return one > 0 && other > 0 ? dot / Math.Sqrt(one * other) : one == other ? 1 : 0;
    }

    private static string Change(double before, double? after) => $"{Number(before)} to {(after is { } number ? Number(number) : "none")}";

    private static string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
