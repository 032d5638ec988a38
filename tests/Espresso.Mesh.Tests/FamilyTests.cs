using System.Text;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>Models whose answers are names and numbers, beside one whose answer is a picture; and depth that takes a mask.</summary>
public sealed class FamilyTests : IAsyncLifetime
{
    private static readonly string[] Packages = ["tags/0.1", "quality/0.1", "depth/1.0", "segmentation/0.1"];

    private RunningMesh _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start();
        await Task.WhenAll([_mesh.StartPreprocessor(), .. Packages.Select(package => _mesh.StartMinion(Repository.Package(package)))]);
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task Infer_TagsQualityAndDepth_AreAnsweredInOneRequest()
    {
        var reply = (await _mesh.Client.Infer(Scene.Picture, "tags,quality,depth")).ShouldBeOk();

        reply.Results.ShouldBe(["tags", "quality", "depth"], ignoreOrder: true);
        var labels = reply.Output("tags", "tags").GetProperty("labels").EnumerateArray()
            .Select(label => (Name: label.GetProperty("name").GetString()!, Score: label.GetProperty("score").GetSingle())).ToList();
        labels.Select(label => label.Name).ShouldContain("day");
        labels.Select(label => label.Name).ShouldContain("blue", "the wall is most of the picture");
        labels.Select(label => label.Score).ShouldBe(labels.Select(label => label.Score).OrderDescending(), "the best come first");
        labels.ShouldAllBe(label => label.Score >= 0.5f && label.Score <= 1);
        var scores = Scores(reply);
        scores.Keys.ShouldBe(["sharpness", "exposure", "contrast", "colourfulness"]);
        scores["exposure"].ShouldBeInRange(-0.5, 0.5);
        reply.Picture("depth", "depth").IsConstant.ShouldBeFalse();
        reply.Json.GetProperty("pulled_in").GetProperty("segmentation").GetProperty("status").GetString().ShouldBe("ok");
    }

    [Fact]
    public async Task Quality_DarkGreyPicture_ScoresLowerThanTheScene()
    {
        var dark = Png.Write(Raster.Of(Scene.Width, Scene.Height, 3, (x, y, _) => Scene.Raster[x, y, 1] / 4));

        var (before, after) = (
            Scores((await _mesh.Client.Infer(Scene.Picture, "quality")).ShouldBeOk()),
            Scores((await _mesh.Client.Infer(dark, "quality")).ShouldBeOk()));

        foreach (var name in new[] { "exposure", "contrast", "colourfulness" })
            after[name].ShouldBeLessThan(before[name], name);
    }

    [Fact]
    public async Task Depth_ThatTakesTheMask_RunsAfterTheSegmentationThatMakesIt()
    {
        var reply = (await _mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();

        reply.Results.ShouldBe(["depth"]);
        reply.Result("depth").GetProperty("version").GetString().ShouldBe("1.0");
        var (mask, depth) = (reply.Json.GetProperty("pulled_in").GetProperty("segmentation").GetProperty("timings"), reply.Result("depth").GetProperty("timings"));
        depth.GetProperty("start_ms").GetDouble()
            .ShouldBeGreaterThanOrEqualTo(mask.GetProperty("start_ms").GetDouble() + mask.GetProperty("call_ms").GetDouble());
    }

    [Fact]
    public async Task Depth_OwnMask_IsWhatLiftsTheSubject()
    {
        var nothing = Png.Write(Raster.Of(Scene.Width, Scene.Height, 1, (_, _, _) => 0));

        var (flat, lifted) = (await Depth(nothing), await Depth(Scene.Mask));

        Lift(lifted).ShouldBeGreaterThan(Lift(flat), "larger is nearer, and the mask says what is in front");
    }

    private async Task<Raster> Depth(byte[] mask)
    {
        var reply = (await _mesh.Client.Post("", MeshClient.Form(
            ("image", MeshClient.Bytes(Scene.Picture, "image/png")),
            ("mask", MeshClient.Bytes(mask, "image/png")),
            ("request", new StringContent("""{"models": ["depth"], "deadline_ms": 120000}""", Encoding.UTF8, "application/json"))))).ShouldBeOk();
        reply.Json.TryGetProperty("pulled_in", out _).ShouldBeFalse("a mask was sent");
        return reply.Picture("depth", "depth");
    }

    private static double Lift(Raster depth) => depth.Mean(Scene.IsBall) - depth.Mean(Scene.IsFarFromBall);

    private static Dictionary<string, double> Scores(Reply reply) =>
        reply.Output("quality", "quality").GetProperty("scores").EnumerateObject().ToDictionary(score => score.Name, score => score.Value.GetDouble());
}
