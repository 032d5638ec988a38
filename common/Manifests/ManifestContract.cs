using System.Globalization;

namespace Espresso.Manifests;

/// <summary>One field in which two versions of a model differ, as clients or other models see it.</summary>
/// <param name="Field">"inputs[mask].from", "outputs[depth].kind": inputs and outputs by their name instead of their place.</param>
/// <param name="Before">The first version's value; empty: it has none.</param>
/// <param name="After">The other's.</param>
public sealed record ContractDifference(string Field, string Before, string After)
{
    public override string ToString() => (Before, After) switch
    {
        ("", _) => $"{Field}: {After} is new",
        (_, "") => $"{Field}: {Before} is gone",
        _ => $"{Field}: {Before} became {After}",
    };
}

/// <summary>
/// The contract of a model: what of its manifest clients and other models see. A minor has the contract of its major's first version; what
/// differs needs a new major.
/// </summary>
/// <remarks>
/// Not part of it is what turns a picture into the network's tensor (size, layout, scale, mean, std) and what the graph calls its tensors:
/// callers send pictures and get results under public names, and who calls a minion with raw tensors reads both from its metadata. A plain
/// tensor is only for such callers, so its name and shape count. What a minor adds counts, too: with the default moved back, it would be gone.
/// </remarks>
public static class ManifestContract
{
    /// <summary>So many labels are named one by one.</summary>
    private const int Singly = 3;

    /// <returns>Each field that differs; empty where the contracts are one.</returns>
    public static IReadOnlyList<ContractDifference> Differences(Manifest first, Manifest second)
    {
        var differences = new List<ContractDifference>();
        Compare("model", first.Model, second.Model);
        Pair("inputs", Named(first.Inputs), Named(second.Inputs), Kind, Input);
        Pair("outputs", first.Outputs.Select(output => (output.As, output)), second.Outputs.Select(output => (output.As, output)), Kind, Output);
        return differences;

        void Input(string at, InputSpec one, InputSpec other)
        {
            Compare($"{at}.kind", Kind(one), Kind(other));
            Compare($"{at}.from", one.From, other.From);
            Compare($"{at}.shape", Shape(one), Shape(other));
            Compare($"{at}.fit", Seen(one), Seen(other));
        }

        void Output(string at, OutputSpec one, OutputSpec other)
        {
            Compare($"{at}.kind", Kind(one), Kind(other));
            if (one.Kind != other.Kind)
                return; // what belongs to a kind comes and goes with it
            Compare($"{at}.range", Range(one), Range(other));
            Compare($"{at}.media", one.IsPicture ? Word(one.Media) : "", other.IsPicture ? Word(other.Media) : "");
            Set($"{at}.labels", one.Labels, other.Labels);
            Compare($"{at}.top", $"{one.Top}", $"{other.Top}");
            Compare($"{at}.least", Number(one.Least), Number(other.Least));
            if (one.Activation != Activation.None && other.Activation != Activation.None) // what the graph itself does, nobody sees
                Compare($"{at}.activation", Word(one.Activation), Word(other.Activation));
            Pair($"{at}.scores", one.Scores.Select(score => (score.Name, score)), other.Scores.Select(score => (score.Name, score)), static _ => "a score", Score);
            Compare($"{at}.size", $"{one.Size}", $"{other.Size}");
        }

        void Score(string at, ScoreSpec one, ScoreSpec other)
        {
            Compare($"{at}.range", Range(one.Range), Range(other.Range));
            Compare($"{at}.meaning", one.Meaning, other.Meaning);
        }

        // Which labels there can be counts, and not where in the tensor they stand.
        void Set(string field, IReadOnlyList<string> ones, IReadOnlyList<string> others)
        {
            differences.AddRange(Some(ones.Except(others, StringComparer.Ordinal)).Select(gone => new ContractDifference(field, gone, "")));
            differences.AddRange(Some(others.Except(ones, StringComparer.Ordinal)).Select(added => new ContractDifference(field, "", added)));
        }

        // A line for each of a thousand says no more than one with the first of them.
        static IReadOnlyList<string> Some(IEnumerable<string> names) =>
            names.ToList() is { Count: > Singly } many ? [$"each of {many.Count} ({string.Join(", ", many.Take(Singly))} …)"] : [.. names];

        void Pair<T>(string list, IEnumerable<(string Name, T Spec)> ones, IEnumerable<(string Name, T Spec)> others, Func<T, string> kindOf, Action<string, T, T> compare)
        {
            var left = others.ToList();
            foreach (var (name, one) in ones)
            {
                var index = left.FindIndex(other => other.Name == name);
                if (index < 0)
                {
                    differences.Add(new($"{list}[{name}]", kindOf(one), ""));
                    continue;
                }

                compare($"{list}[{name}]", one, left[index].Spec);
                left.RemoveAt(index);
            }

            differences.AddRange(left.Select(added => new ContractDifference($"{list}[{added.Name}]", "", kindOf(added.Spec))));
        }

        void Compare(string field, string? one, string? other)
        {
            if (!string.Equals(one ?? "", other ?? "", StringComparison.Ordinal))
                differences.Add(new(field, one ?? "", other ?? ""));
        }
    }

    /// <summary>Holds a version against the others of its model that are at hand.</summary>
    /// <param name="others">Any manifests; those of the same major that are older count.</param>
    /// <returns>The first version of its major; null: it is that itself.</returns>
    public static Manifest? FirstOfMajor(Manifest manifest, IEnumerable<Manifest> others) => others
        .Where(other => other.Model == manifest.Model && other.Version.Major == manifest.Version.Major && other.Version < manifest.Version)
        .MinBy(other => other.Version);

    /// <summary>A request has one picture and one mask, whatever the graph calls them; of several masks each keeps its name.</summary>
    private static IEnumerable<(string Name, InputSpec Spec)> Named(IReadOnlyList<InputSpec> inputs) => inputs.Select(input => (
        input.Kind != InputKind.Tensor && inputs.Count(other => other.Kind == input.Kind) == 1 ? Kind(input) : input.Name, input));

    private static string Kind(InputSpec input) => Word(input.Kind);

    private static string Kind(OutputSpec output) => Word(output.Kind);

    private static string Shape(InputSpec input) => input.Kind == InputKind.Tensor ? $"[{string.Join(", ", input.Shape)}]" : "";

    /// <summary>Of the three fits one leaves a part of the picture out, and the answer says nothing of that.</summary>
    private static string Seen(InputSpec input) => input.Kind == InputKind.Tensor ? "" : input.Fit == FitKind.Crop ? "crop" : "the whole picture";

    private static string Range(OutputSpec output) => output.Range is { } range ? Range(range) : "auto";

    private static string Range(ValueRange range) => FormattableString.Invariant($"[{range.Low}, {range.High}]");

    private static string? Number(float? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
