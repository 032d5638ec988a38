using System.Runtime.InteropServices;
using System.Text.Json;
using Espresso.Manifests;
using Espresso.Outputs;

namespace Espresso.Packages.Tests;

/// <summary>Labels and scores by name, as a client gets them.</summary>
internal static class Said
{
    public static Dictionary<string, float> Of(OutputSpec output, float[] numbers)
    {
        Readout.TryRead(output, MemoryMarshal.AsBytes<float>(numbers), out var value, out var fault).ShouldBeTrue(fault);
        var named = value switch { LabelsValue labels => labels.Labels, ScoresValue scores => scores.Scores, _ => throw new ArgumentException($"{output.Kind}", nameof(output)) };
        return named.ToDictionary(one => one.Name, one => one.Score);
    }

    /// <summary>What the package's one output says of a picture of its input's size.</summary>
    public static Dictionary<string, float> Of(Package package, byte[] pixels) =>
        Of(package.Manifest.Outputs.Single(), package.Run([pixels]).Single());

    /// <summary>A sample's file, as <c>espresso model check --record</c> writes it.</summary>
    public static Dictionary<string, float> Expected(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.TryGetProperty("labels", out var labels)
            ? labels.EnumerateArray().ToDictionary(label => label.GetProperty("name").GetString()!, label => label.GetProperty("score").GetSingle())
            : document.RootElement.GetProperty("scores").EnumerateObject().ToDictionary(score => score.Name, score => score.Value.GetSingle());
    }

    /// <summary>Of the same names; otherwise infinite.</summary>
    public static double Difference(Dictionary<string, float> one, Dictionary<string, float> other) =>
        one.Keys.Order().SequenceEqual(other.Keys.Order()) ? one.Max(pair => Math.Abs(pair.Value - other[pair.Key])) : double.PositiveInfinity;
}
