using System.Text.Json;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>A photo in, depth, mask and background out.</summary>
[Collection(MeshCollection.Name)]
public sealed class PhotoTests(SharedMesh mesh)
{
    [Theory]
    [InlineData("scene.png", "png", Scene.Width, Scene.Height)]
    [InlineData("samples/espresso.jpg", "jpeg", 1200, 800)]
    public async Task Infer_AllThreeModels_GivesThreePicturesOfThePhotosSize(string photo, string format, int width, int height)
    {
        var file = photo == "scene.png" ? Scene.Picture : await File.ReadAllBytesAsync(Path.Combine(Repository.Root, photo));

        var reply = (await mesh.Client.Infer(file, "depth,segmentation,inpainting")).ShouldBeOk();

        reply.MediaType.ShouldBe("application/json");
        reply.Json.GetProperty("picture").GetProperty("format").GetString().ShouldBe(format);
        reply.Results.ShouldBe(["depth", "segmentation", "inpainting"], ignoreOrder: true);
        reply.Json.TryGetProperty("pulled_in", out _).ShouldBeFalse();
        foreach (var (result, output, kind, channels, bits) in new[] { ("depth", "depth", "map", 1, 16), ("segmentation", "mask", "mask", 1, 8), ("inpainting", "background", "image", 3, 8) })
        {
            reply.Result(result).GetProperty("status").GetString().ShouldBe("ok");
            reply.Output(result, output).GetProperty("kind").GetString().ShouldBe(kind);
            var picture = reply.Picture(result, output);
            (picture.Width, picture.Height, picture.Channels, picture.Bits).ShouldBe((width, height, channels, bits));
            picture.IsConstant.ShouldBeFalse(result);
        }
    }

    [Fact]
    public async Task Depth_RangeOfTheMap_IsToldWithIt()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();

        var depth = reply.Picture("depth", "depth");
        (depth.Samples.Min(), depth.Samples.Max()).ShouldBe(((ushort)0, ushort.MaxValue), "black and white are the map's own ends");
        var (low, high) = (reply.Output("depth", "depth").GetProperty("low").GetDouble(), reply.Output("depth", "depth").GetProperty("high").GetDouble());
        low.ShouldBeLessThan(high);
    }

    [Fact]
    public async Task Segmentation_PictureWithASubject_FindsIt()
    {
        var mask = (await mesh.Client.Infer(Scene.Picture, "segmentation")).ShouldBeOk().Picture("segmentation", "mask");

        mask.Mean(Scene.IsBall).ShouldBeGreaterThan(2 * mask.Mean((x, y) => !Scene.IsBall(x, y)));
    }

    [Fact]
    public async Task Infer_ModelThatNeedsAnother_RunsAfterItAndReturnsOnlyWhatWasAskedFor()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "inpainting")).ShouldBeOk();

        reply.Results.ShouldBe(["inpainting"]);
        var provider = reply.Json.GetProperty("pulled_in").GetProperty("segmentation");
        provider.GetProperty("status").GetString().ShouldBe("ok");
        provider.GetProperty("outputs").EnumerateObject().ShouldBeEmpty();
        var (first, second) = (provider.GetProperty("timings"), reply.Result("inpainting").GetProperty("timings"));
        Milliseconds(second, "start_ms").ShouldBeGreaterThanOrEqualTo(Milliseconds(first, "start_ms") + Milliseconds(first, "call_ms"));
        Milliseconds(second, "resample_ms").ShouldBePositive();
    }

    [Fact]
    public async Task Infer_ModelsThatNeedNothing_RunSideBySide()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "depth,segmentation,inpainting")).ShouldBeOk();

        var (depth, segmentation) = (reply.Result("depth").GetProperty("timings"), reply.Result("segmentation").GetProperty("timings"));
        Milliseconds(depth, "start_ms").ShouldBeLessThan(Milliseconds(segmentation, "start_ms") + Milliseconds(segmentation, "call_ms"));
        Milliseconds(segmentation, "start_ms").ShouldBeLessThan(Milliseconds(depth, "start_ms") + Milliseconds(depth, "call_ms"));
    }

    [Fact]
    public async Task Infer_EveryResult_SaysWhatItTook()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();

        var timings = reply.Result("depth").GetProperty("timings");
        foreach (var stage in new[] { "start_ms", "call_ms", "compute_ms", "encode_ms", "total_ms" })
            Milliseconds(timings, stage).ShouldBePositive(stage);
        Milliseconds(timings, "call_ms").ShouldBeGreaterThanOrEqualTo(Milliseconds(timings, "compute_ms"));
        Milliseconds(reply.Json.GetProperty("timings"), "total_ms").ShouldBeGreaterThanOrEqualTo(Milliseconds(timings, "total_ms"));
        timings.GetProperty("batch_size").GetInt32().ShouldBe(1);
        timings.GetProperty("release").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Infer_NoModelNamed_RunsEveryDefault()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, models: null)).ShouldBeOk();

        reply.Results.ShouldBe(["depth", "segmentation", "inpainting"], ignoreOrder: true);
        reply.Result("inpainting").GetProperty("version").GetString().ShouldBe("1.0");
    }

    [Fact]
    public async Task Infer_OwnId_IsToldBack()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "depth", ("X-Request-Id", "photo-1"))).ShouldBeOk();

        reply.Json.GetProperty("id").GetString().ShouldBe("photo-1");
    }

    [Fact]
    public async Task Infer_MultipartAccepted_CarriesTheSamePicturesAsParts()
    {
        var json = (await mesh.Client.Infer(Scene.Picture, "depth,segmentation")).ShouldBeOk();
        var mixed = (await mesh.Client.Infer(Scene.Picture, "depth,segmentation", ("Accept", "multipart/mixed"))).ShouldBeOk();

        var parts = await MixedParts.Read(mixed);
        parts.ShouldContainKey("");
        var document = JsonDocument.Parse(parts[""].Body).RootElement;
        foreach (var (result, output) in new[] { ("depth", "depth"), ("segmentation", "mask") })
        {
            var told = document.GetProperty("results").GetProperty(result).GetProperty("outputs").GetProperty(output);
            told.TryGetProperty("data", out _).ShouldBeFalse();
            var (type, body) = parts[told.GetProperty("content_id").GetString()!];
            type.ShouldBe("image/png");
            body.ShouldBe(json.Data(result, output));
        }

        parts.Count.ShouldBe(3);
    }

    private static double Milliseconds(JsonElement timings, string stage) => timings.GetProperty(stage).GetDouble();
}
