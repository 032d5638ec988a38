using Espresso.Manifests;

namespace Espresso.Coordinator.Registry;

/// <summary>What callers see of a model version: its inputs and outputs. All replicas of a version must agree on it.</summary>
internal static class Contract
{
    /// <summary>What the second manifest has otherwise; empty when the contracts are one.</summary>
    public static IReadOnlyList<string> Differences(Manifest first, Manifest second)
    {
        var differences = new List<string>();
        Compare("input", first.Inputs, second.Inputs, input => input.Name, AreEqual, differences);
        Compare("output", first.Outputs, second.Outputs, output => output.Name, AreEqual, differences);
        return differences;
    }

    private static void Compare<T>(
        string what, IReadOnlyList<T> first, IReadOnlyList<T> second, Func<T, string> nameOf, Func<T, T, bool> areEqual, List<string> differences)
    {
        var others = second.ToDictionary(nameOf, StringComparer.Ordinal);
        foreach (var one in first)
        {
            if (!others.Remove(nameOf(one), out var other))
                differences.Add($"{what} '{nameOf(one)}' is missing");
            else if (!areEqual(one, other))
                differences.Add($"{what} '{nameOf(one)}' differs");
        }

        differences.AddRange(others.Keys.Select(name => $"{what} '{name}' is new"));
    }

    // A record compares its lists by reference; their contents are what counts.
    private static bool AreEqual(InputSpec one, InputSpec other) =>
        one.Mean.SequenceEqual(other.Mean) && one.Std.SequenceEqual(other.Std) && one.Shape.SequenceEqual(other.Shape)
        && one with { Mean = [], Std = [], Shape = [] } == other with { Mean = [], Std = [], Shape = [] };

    private static bool AreEqual(OutputSpec one, OutputSpec other) =>
        one.Labels.SequenceEqual(other.Labels) && one.Scores.SequenceEqual(other.Scores)
        && one with { Labels = [], LabelsFile = null, Scores = [] } == other with { Labels = [], LabelsFile = null, Scores = [] };
}
