using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

public sealed class ManifestContractTests
{
    [Fact]
    public void Differences_OfOneManifest_AreNone() =>
        ManifestContract.Differences(Read(Yaml.Full), Read(Yaml.Full)).ShouldBeEmpty();

    [Theory]
    [InlineData("as: background", "as: filled", "outputs[background]: image is gone|outputs[filled]: image is new")]
    [InlineData("kind: mask\n    range: auto", "kind: map\n    range: auto", "outputs[seen].kind: mask became map")]
    [InlineData("range: [-1, 1.5]", "range: [0, 1.5]", "outputs[background].range: [-1, 1.5] became [0, 1.5]")]
    [InlineData("range: [-1, 1.5]", "range: auto", "outputs[background].range: [-1, 1.5] became auto")]
    [InlineData("media: webp", "media: png", "outputs[background].media: webp became png")]
    [InlineData("    from: segmentation.mask\n", "", "inputs[mask].from: segmentation.mask is gone")]
    [InlineData("from: segmentation.mask", "from: saliency.mask", "inputs[mask].from: segmentation.mask became saliency.mask")]
    [InlineData("fit: pad", "fit: crop", "inputs[picture].fit: the whole picture became crop")]
    [InlineData("shape: [4, 2]", "shape: [4, 3]", "inputs[steps].shape: [4, 2] became [4, 3]")]
    [InlineData("name: steps", "name: more", "inputs[steps]: tensor is gone|inputs[more]: tensor is new")]
    [InlineData("name: seen", "name: other\n    as: seen2", "outputs[seen]: mask is gone|outputs[seen2]: mask is new")]
    [InlineData("night, \"1\"]", "dusk, \"1\"]", "outputs[tags].labels: night is gone|outputs[tags].labels: dusk is new")]
    [InlineData("night, \"1\"]", "night, \"1\", a, b, c, d]", "outputs[tags].labels: each of 4 (a, b, c …) is new")]
    [InlineData("top: 2", "top: 3", "outputs[tags].top: 2 became 3")]
    [InlineData("least: 0.1", "least: 0.2", "outputs[tags].least: 0.1 became 0.2")]
    [InlineData("activation: softmax", "activation: sigmoid", "outputs[tags].activation: softmax became sigmoid")]
    [InlineData("kind: embedding\n    size: 16", "kind: text\n    length: 16", "outputs[vector].kind: embedding became text")]
    [InlineData("size: 16", "size: 32", "outputs[vector].size: 16 became 32")]
    [InlineData("range: [0, 2]", "range: [0, 1]", "outputs[quality].scores[sharpness].range: [0, 2] became [0, 1]")]
    [InlineData("0 blurred to 2 crisp", "0 crisp to 2 blurred", "outputs[quality].scores[sharpness].meaning: 0 blurred to 2 crisp became 0 crisp to 2 blurred")]
    [InlineData("name: exposure", "name: light", "outputs[quality].scores[exposure]: a score is gone|outputs[quality].scores[light]: a score is new")]
    [InlineData("model: in-painting2", "model: other", "model: in-painting2 became other")]
    public void Differences_OfAContractThatChanged_NameTheField(string before, string after, string differences) =>
        string.Join('|', Changed(before, after)).ShouldBe(differences);

    [Theory]
    [InlineData("version: \"3.14\"", "version: \"3.15\"")]
    [InlineData("title: Fills holes", "title: Fills holes better")]
    [InlineData("network: fill.onnx", "network: better.onnx")]
    [InlineData("name: image", "name: pixels")]
    [InlineData("width: 640", "width: 1280")]
    [InlineData("scale: 0.5", "scale: 1")]
    [InlineData("mean: [1, 2, 3]", "mean: [0, 0, 0]")]
    [InlineData("channels: bgr", "channels: rgb")]
    [InlineData("fit: pad", "fit: stretch")]
    [InlineData("layout: nhwc\n    scale", "layout: nchw\n    scale")]
    [InlineData("threshold: 0.25", "threshold: 0.5")]
    [InlineData("grow: 7", "grow: 0")]
    [InlineData("name: filled", "name: other")]
    [InlineData("[day, night, \"1\"]", "[night, \"1\", day]")]
    [InlineData("activation: softmax", "activation: none")]
    [InlineData("length: 200", "length: 300")]
    [InlineData("max: 16", "max: 4")]
    [InlineData("deadline_ms: 2500", "deadline_ms: 5000")]
    [InlineData("tolerance: 0.02", "tolerance: 0.1")]
    public void Differences_OfWhatNobodyOutsideSees_AreNone(string before, string after) => Changed(before, after).ShouldBeEmpty();

    [Fact]
    public void FirstOfMajor_AmongOthers_IsTheLowestOfTheSameModelAndMajor()
    {
        Manifest[] all = [.. from name in new[] { "depth", "other" } from version in new[] { "0.9", "1.1", "1.0", "1.10", "2.0" } select Of(name, version)];

        ManifestContract.FirstOfMajor(Of("depth", "1.10"), all)!.Version.ShouldBe(new ModelVersion(1, 0));
        ManifestContract.FirstOfMajor(Of("depth", "1.0"), all).ShouldBeNull();
        ManifestContract.FirstOfMajor(Of("depth", "3.0"), all).ShouldBeNull();
    }

    /// <summary>What the packages of this repository say of themselves holds for them as well.</summary>
    [Fact]
    public void Differences_OfTheRepositorysMinors_AreNone()
    {
        var manifests = Repository.Packages.Select(folder => ManifestReader.ReadFolder(folder).Manifest).ToList();

        foreach (var manifest in manifests)
        {
            if (ManifestContract.FirstOfMajor(manifest, manifests) is { } first)
                ManifestContract.Differences(first, manifest).ShouldBeEmpty(manifest.Name);
        }
    }

    private static IReadOnlyList<ContractDifference> Changed(string before, string after)
    {
        Yaml.Full.ShouldContain(before);
        return ManifestContract.Differences(Read(Yaml.Full), Read(Yaml.Full.Replace(before, after)));
    }

    private static Manifest Read(string text) => ManifestReader.Read(text, "here");

    private static Manifest Of(string model, string version)
    {
        ModelVersion.TryParse(version, out var parsed).ShouldBeTrue();
        return new Manifest { Model = model, Version = parsed };
    }
}
