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
        var files = await Write(Result("depth", "0.1", "depth", "image/png", [1, 2]), Result("tags", "1.0", "labels", "application/json", [3]));

        files.ShouldBe([_folder["out/depth.png"], _folder["out/labels.json"]]);
        (await File.ReadAllBytesAsync(files[0], TestContext.Current.CancellationToken)).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Write_TwoVersionsOfAnOutput_AreToldApart()
    {
        var files = await Write(Result("depth", "0.1", "depth", "image/png", [1]), Result("depth", "1.0", "depth", "image/webp", [2]));

        files.ShouldBe([_folder["out/depth-depth-0.1.png"], _folder["out/depth-depth-1.0.webp"]]);
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

    private static ResultInfo Result(string model, string version, string output, string type, byte[] data) => new(
        model, version, "ok", null, null, new(StringComparer.Ordinal) { [output] = new OutputInfo("map", type, 1, 1, null, null, data) }, null);
}
