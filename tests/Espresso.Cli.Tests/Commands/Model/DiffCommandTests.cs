using System.Security.Cryptography;
using Espresso.Cli.Tests.Checking;
using Espresso.Cli.Tests.Packages;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>Two versions of a tiny network, compared with the mesh's own processes.</summary>
public sealed class DiffCommandTests : IDisposable
{
    private readonly TestPackage _package = new();
    private readonly TemporaryFolder _folder = new();

    public DiffCommandTests()
    {
        _package.Write(Brightness());
        File.Copy(TestPackage.Photo, _package["map.png"]);
    }

    public void Dispose()
    {
        _package.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Diff_VersionsOfOneContract_AreToldAndDrawn()
    {
        var squared = After(Node("Mul", ["gray", "gray"], "map")).ToByteArray(); // darker, in the same order
        var other = _package.Other("1.1");
        File.WriteAllBytes(Path.Combine(other, "tiny.onnx"), squared);
        Edit(other, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_package["tiny.onnx"]))), Convert.ToHexStringLower(SHA256.HashData(squared)));

        using var oldPage = new OldFile(_folder["out/diff-tiny-1.0-1.1.html"]);
        using var oldSheet = new OldFile(_folder["out/diff-tiny-1.0-1.1.png"]);

        var (code, output) = await Diff(_package.Folder, other, "--photos", TestPackage.Photo);

        code.ShouldBe(0, output);
        oldPage.MustBeReplaced();
        oldSheet.MustBeReplaced();
        output.ShouldContain("contract   the same, field by field");
        output.ShouldMatch(@"speed      1: [\d.]+ and [\d.]+ ms; 2: .*; 4: ");
        output.ShouldMatch(@"map        photo.jpg of tiny 1.0: mean difference 0\.[1-3]\d* of full scale, (1|0\.9\d*) of pairs in the same order");
        output.ShouldContain($"map        {TestPackage.Photo}: ");
        var html = await File.ReadAllTextAsync(_folder["out/diff-tiny-1.0-1.1.html"], TestContext.Current.CancellationToken);
        html.ShouldContain("tiny 1.0 and tiny 1.1: what differs");
        html.Split("data:image/png").Length.ShouldBe(7, "A, B and where they differ, of two pictures");
        html.ShouldNotContain("http");
        html.ShouldNotContain("<script");
        File.ReadAllBytes(_folder["out/diff-tiny-1.0-1.1.png"])[1..4].ShouldBe("PNG"u8.ToArray());
    }

    /// <summary>The repository's own: 1.0 takes a mask and its sample has one, 0.1 neither.</summary>
    [Theory]
    [InlineData("0.1", "1.0")]
    [InlineData("1.0", "0.1")]
    public async Task Diff_OnlyOneTakesAMask_ComparesOnTheSampleThatHasOne(string a, string b)
    {
        var depth = Path.Combine(Repository.Locate().Minions, "depth");

        var (code, output) = await Diff(Path.Combine(depth, a), Path.Combine(depth, b));

        code.ShouldBe(0, output);
        output.ShouldContain("of depth 1.0: mean difference ");
        output.ShouldNotContain("of depth 0.1: mean difference ");
    }

    [Fact]
    public async Task Diff_OutputThatIsNoPicture_HasAPageAndNoSheet()
    {
        using var package = new TestPackage();
        var network = Of(End("image", "n", 3, 8, 8), End("map", "n", 3), [Node("ReduceMean", ["image"], "map", Ints("axes", 2, 3), Int("keepdims", 0))]);
        package.Write(network, TestPackage.Manifest.Replace("kind: map, ", "kind: embedding, size: 3, ").Replace(", range: [0, 1]", "").Replace("map.png", "map.json"));
        await package.Run("model", "check", package.Folder, "--record");

        var (code, output) = await Diff(package.Folder, package.Folder);

        code.ShouldBe(0, output);
        output.ShouldContain("diff-tiny-1.0-1.0.html  contract");
        File.Exists(_folder["out/diff-tiny-1.0-1.0.png"]).ShouldBeFalse(output);
    }

    [Fact]
    public async Task Diff_OutThatIsAFile_IsRefusedBeforeTheWork() =>
        (await Should.ThrowAsync<CliException>(_package.Run("model", "diff", _package.Folder, _package.Folder, "--out", TestPackage.Photo)))
            .Message.ShouldStartWith($"--out {TestPackage.Photo}: there can be no such folder: ");

    [Fact]
    public async Task Diff_PhotoThatIsNone_IsNamed()
    {
        var none = _package["manifest.yaml"];

        (await Should.ThrowAsync<CliException>(Diff(_package.Folder, _package.Folder, "--photos", none))).Message.ShouldStartWith($"{none}: tiny 1.0 gives no answer: ");
    }

    [Fact]
    public async Task Diff_WithItself_FindsNothing()
    {
        var (code, output) = await Diff(_package.Folder, _package.Folder);

        code.ShouldBe(0, output);
        output.ShouldContain("map        photo.jpg of tiny 1.0: mean difference 0 of full scale, 1 of pairs in the same order");
    }

    [Fact]
    public async Task Diff_MinorWithAnotherContract_NamesTheField()
    {
        var other = _package.Other("1.1");
        Edit(other, "range: [0, 1]", "range: [0, 2]");

        (await Diff(_package.Folder, other)).Output.ShouldContain("contract   outputs[map].range: [0, 1] became [0, 2]; a minor keeps its major's contract");
    }

    [Fact]
    public async Task Diff_TwoModels_IsRefused()
    {
        var other = _package.Other("1.1");
        Edit(other, "model: tiny", "model: large");

        (await Should.ThrowAsync<CliException>(Diff(_package.Folder, other))).Message.ShouldBe("tiny and large are two models; diff compares two versions of one");
    }

    [Fact]
    public async Task Diff_VersionThatDoesNotStart_SaysWhy()
    {
        var other = _package.Other("1.1");
        Edit(other, "width: 8", "width: 9");

        (await Should.ThrowAsync<CliException>(Diff(_package.Folder, other))).Message.ShouldContain("input 'image': the manifest makes");
    }

    [Fact]
    public async Task Diff_PackageThatIsNotWhole_IsRefused()
    {
        var other = _package.Other("1.1");
        File.Delete(Path.Combine(other, "photo.jpg"));

        (await Should.ThrowAsync<CliException>(Diff(_package.Folder, other))).Message.ShouldBe($"{other} is not whole");
    }

    [Fact]
    public async Task Diff_ModelWithCodeOfItsOwn_ComparesWhatItsProgramMakes()
    {
        var (folder, program) = TestPackage.Detector();

        var (code, output) = await Diff(folder, folder, "--program", program);

        code.ShouldBe(0, output);
        (await File.ReadAllTextAsync(_folder["out/diff-detector-0.1-0.1.html"], TestContext.Current.CancellationToken)).ShouldContain("objects");
        (await Should.ThrowAsync<CliException>(Diff(folder, folder, "--program", program, "--program", program, "--program", program)))
            .Message.ShouldContain("given 3 times");
    }

    private static void Edit(string folder, string was, string now)
    {
        var manifest = Path.Combine(folder, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(was, now));
    }

    private Task<(int Code, string Output)> Diff(string a, string b, params string[] switches) => _package.Run(["model", "diff", a, b, "--out", _folder["out"], .. switches]);
}
