using System.Text.Json;
using System.Text.Json.Nodes;
using Espresso.Cli.Client;
using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests.Client;

public sealed class ResultFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Write_Outputs_BecomeFilesCalledAsTheyAre()
    {
        var files = await Write(Result("depth", "0.1", "depth", "image/png", [1, 2]), Result("words", "1.0", "caption", new OutputInfo("text") { Text = "a cup" }));

        files.ShouldBe([_folder["out/depth.png"], _folder["out/caption.txt"]]);
        (await File.ReadAllBytesAsync(files[0], TestContext.Current.CancellationToken)).ShouldBe([1, 2]);
        (await File.ReadAllTextAsync(files[1], TestContext.Current.CancellationToken)).ShouldBe("a cup\n");
    }

    [Fact]
    public async Task Write_WhatIsNoPicture_BecomesTheJsonThatCame()
    {
        const string Came = """{"kind":"labels","labels":[{"name":"day","score":0.5},{"name":"grün","score":0}]}""";
        var output = JsonSerializer.Deserialize(Came, MeshJson.Default.OutputInfo)!;

        var files = await Write(Result("tags", "0.1", "tags", output));

        files.ShouldBe([_folder["out/tags.json"]]);
        JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(files[0], TestContext.Current.CancellationToken)), JsonNode.Parse(Came)).ShouldBeTrue();
    }

    [Fact]
    public async Task Write_TwoVersionsOfAnOutput_AreToldApart()
    {
        var files = await Write(Result("depth", "0.1", "depth", "image/png", [1]), Result("depth", "1.0", "depth", "image/webp", [2]));

        files.ShouldBe([_folder["out/depth-depth-0.1.png"], _folder["out/depth-depth-1.0.webp"]]);
    }

    [Fact]
    public async Task Write_NamesThatAreNoFileNames_StayInTheFolder()
    {
        var files = await Write(
            Result("a", "0.1", "dense/Softmax", "image/png", [1]), Result("b", "0.1", "dense_Softmax", "image/png", [2]),
            Result("c", "0.1", "../../away", "image/png", [3]), Result("d", "0.1", "..", "image/png", [4]));

        files.ShouldBe([
            _folder["out/dense_Softmax-a-0.1.png"], _folder["out/dense_Softmax-b-0.1.png"], _folder["out/_.._away.png"], _folder["out/_.png"]]);
    }

    [Fact]
    public async Task Write_FileOfAnEarlierRequest_IsReplaced()
    {
        using var earlier = new OldFile(_folder["out/depth.png"]);

        await Write(Result("depth", "0.1", "depth", "image/png", [1]));

        earlier.MustBeReplaced();
    }

    [Fact]
    public async Task Write_FailedModel_LeavesNothing()
    {
        (await Write(Result("depth", "0.1", "depth", "image/png", [1]) with { Status = "failed" })).ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<string>> Write(params ResultInfo[] results)
    {
        var reply = new InferReply(
            "1",
            new PictureInfo("png", 1, 1),
            results.ToDictionary(result => result.Title, StringComparer.Ordinal),
            new RequestTimings(0, 0, 0, 0));
        return [.. (await ResultFiles.Write(reply, _folder["out"], TestContext.Current.CancellationToken)).Select(file => file.Path)];
    }

    private static ResultInfo Result(string model, string version, string output, string type, byte[] data) =>
        Result(model, version, output, new OutputInfo("map", type, 1, 1, null, null, data));

    private static ResultInfo Result(string model, string version, string name, OutputInfo output) =>
        new(model, version, "ok", null, null, new(StringComparer.Ordinal) { [name] = output }, null);
}
