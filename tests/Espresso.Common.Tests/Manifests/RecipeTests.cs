using System.Text.RegularExpressions;
using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

/// <summary>The manifests of published networks; that the schema takes them is in <see cref="ManifestSchemaTests"/>.</summary>
public sealed partial class RecipeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "recipes", "README.md"));

    public static TheoryData<string> Recipes => [.. Repository.Recipes.Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Manifest_IsReadAndSaysWhence(string name)
    {
        var manifest = ManifestReader.ReadFolder(Path.Combine(Repository.Root, "recipes", name)).Manifest;

        (manifest.Model, manifest.Network).ShouldBe((name, $"{name}.onnx"));
        manifest.Provenance.Source.ShouldStartWith("https://");
        manifest.Provenance.Licence.ShouldNotBeEmpty();
        manifest.Samples.ShouldHaveSingleItem().Expect.Keys.ShouldBe(manifest.Outputs.Select(output => output.As));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Network_IsFetchedByALineOfTheReadme(string name)
    {
        var line = Fetches().Matches(Readme).Single(match => match.Groups["file"].Value == $"{name}.onnx");

        var sum = ManifestReader.ReadFolder(Path.Combine(Repository.Root, "recipes", name)).Manifest.Provenance.Sha256;
        if (sum.Length > 0) // what is mended has another than what is fetched
            line.Groups["sum"].Value.ShouldBe(sum);
    }

    [GeneratedRegex(@"^\$ \./espresso model fetch https://\S+ --sha256 (?<sum>[0-9a-f]{64}) -o (?<file>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fetches();
}
