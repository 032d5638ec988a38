using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;
using Espresso.Mesh.Tests.Telemetry;

namespace Espresso.Mesh.Tests;

/// <summary>A model with code of its own, which is a program of its own: tests/Espresso.Detector.</summary>
public sealed class HookTests : IAsyncLifetime
{
    private const int Side = 64; // what the detector's network takes

    private RunningMesh _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start();
        await Task.WhenAll(_mesh.StartPreprocessor(), _mesh.StartMinionOf(Repository.Detector, Repository.DetectorPackage));
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task Detector_TwoBrightSquares_AreFoundOnceEach()
    {
        var reply = (await _mesh.Client.Infer(Squares((8, 12), (40, 32)), "detector")).ShouldBeOk();

        Objects(reply).ShouldBe("8 12 1.00\n40 32 1.00", "what overlaps the best box is not told again");
    }

    [Fact]
    public async Task Detector_NothingBright_SaysNothing() =>
        Objects((await _mesh.Client.Infer(Squares(), "detector")).ShouldBeOk()).ShouldBeEmpty();

    [Fact]
    public async Task Detector_MoreThanTheTextHasRoomFor_TellsTheBestTen() =>
        Objects((await _mesh.Client.Infer(Png.Write(Raster.Of(Side, Side, 1, (_, _, _) => 255)), "detector")).ShouldBeOk()).Split('\n').Length.ShouldBe(10);

    [Fact]
    public async Task Detector_ManyAtOnce_EachGetsItsOwn()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
            (Reply: await _mesh.Client.Infer(Squares((4 * (i % 15), 0)), "detector"), At: 4 * (i % 15))));

        foreach (var (reply, at) in replies)
            Objects(reply.ShouldBeOk()).ShouldBe($"{at} 0 1.00");
    }

    /// <summary>A package whose text has room for one object: two make the hook throw, in a batch with others.</summary>
    [Fact]
    public async Task Detector_HookThatThrows_FailsItsOwnItemsAndServesOn()
    {
        const int Each = 16;
        var folder = _mesh.Folders.CopyOf(Repository.DetectorPackage, "narrow", "0.1");
        var manifest = Path.Combine(folder, "manifest.yaml");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("length: 128", "length: 12"));
        var narrow = await _mesh.StartMinionOf(Repository.Detector, folder);

        var replies = await Task.WhenAll(Enumerable.Range(0, 2 * Each).Select(async i => (
            IsGood: i % 2 == 0, Reply: await _mesh.Client.Infer(i % 2 == 0 ? Squares((8, 12)) : Squares((8, 12), (40, 32)), "narrow"))));

        foreach (var (isGood, reply) in replies)
        {
            if (isGood)
                reply.ShouldBeOk().Output("narrow", "objects").GetProperty("text").GetString().ShouldBe("8 12 1.00");
            else
                reply.ShouldBeProblem(HttpStatusCode.InternalServerError, "model_failed").Detail.ShouldContain("hook NonMaximumSuppression failed after the network: output 'objects' would be a text of 20 bytes");
        }

        using var client = new MeshClient((await narrow.Listening()).Http);
        var metrics = new PrometheusPage((await client.Get("/metrics")).Text);
        metrics.Sum("espresso_minion_finished_total", "outcome=\"done\"").ShouldBe(Each + 1, "its own first call is one");
        metrics.Sum("espresso_minion_finished_total", "outcome=\"failed\"").ShouldBe(Each);
    }

    private static string Objects(Reply reply) => reply.Output("detector", "objects").GetProperty("text").GetString()!;

    /// <summary>White squares of 8 pixels on black.</summary>
    private static byte[] Squares(params (int X, int Y)[] corners) => Png.Write(Raster.Of(
        Side, Side, 1, (x, y, _) => corners.Any(corner => x >= corner.X && x < corner.X + 8 && y >= corner.Y && y < corner.Y + 8) ? 255 : 0));
}
