using Espresso.Cli.Drafting;
using Espresso.Manifests;

namespace Espresso.Cli.Tests.Drafting;

public sealed class ManifestTextTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    public void Of_ProducerWithALineOfItsOwn_StaysARemark(string end)
    {
        var draft = Draft("map", "map", "map") with { Origin = $"opset 13, by pytorch{end}title: mine{end}fetch: {{}}" };

        var manifest = Read(draft);

        manifest.Title.ShouldBe("a test");
        manifest.Fetch.ShouldBeNull();
        ManifestText.Of(draft, "schema").ShouldContain("# opset 13, by pytorch?title: mine?fetch: {}\n");
    }

    /// <summary>Names that YAML would take for a number, a truth or nothing.</summary>
    [Theory]
    [InlineData("495", "495")]
    [InlineData("1e5", "1e5")]
    [InlineData("True", "true")]
    [InlineData("false", "false")]
    [InlineData("NULL", "null")]
    [InlineData("no", "no")]
    [InlineData("-", "_")]
    [InlineData("a: \"b\"", "a___b_")]
    public void Of_OutputWithANameThatMeansSomethingElse_IsReadAsThatName(string name, string named)
    {
        foreach (var kind in new[] { "map", "scores", "embedding" })
        {
            var manifest = Read(Draft(name, named, kind));

            (manifest.Outputs[0].Name, manifest.Outputs[0].As).ShouldBe((name, named));
            manifest.Samples[0].Expect.Keys.ShouldBe([named]);
            if (kind == "scores")
                manifest.Outputs[0].Scores[0].Name.ShouldBe(named);
        }
    }

    private static Draft Draft(string name, string named, string kind) => new(
        "test", new ModelVersion(0, 1), "test.onnx", "opset 13", [new DraftInput("image", InputKind.Picture) { Width = 8, Height = 8, Values = PixelValues.Named("unit") }],
        [new DraftOutput(name, named, kind) { Count = 1, Range = "[0, 1]" }])
    {
        Title = "a test",
        Source = "a",
        Licence = "b",
        Image = "samples/photo.jpg",
        Sha256 = new string('a', 64),
    };

    private static Manifest Read(Draft draft) => ManifestReader.Read(ManifestText.Of(draft, "schema"), "a draft");
}
