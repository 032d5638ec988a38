using Espresso.Cli.Tests.Checking;
using Espresso.Cli.Tests.Packages;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>Hand-over pages of a tiny network, with the mesh's own processes.</summary>
public sealed class CardCommandTests : IDisposable
{
    private readonly TestPackage _package = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _package.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Card_GoodPackage_TellsAllOfItInBothForms()
    {
        _package.Write(Brightness());
        await _package.Run("model", "check", _package.Folder, "--record");
        await File.WriteAllTextAsync(_package["README.md"], "# tiny\n\n**How good.** 0.9 on five held-out pictures.\n", TestContext.Current.CancellationToken);

        using var oldPage = new OldFile(_folder["out/card-tiny-1.0.html"]);
        using var oldText = new OldFile(_folder["out/card-tiny-1.0.md"]);
        using var oldPicture = new OldFile(_folder["out/card-tiny-1.0/2.png"]);

        var (code, output) = await Card();

        code.ShouldBe(0, output);
        oldPage.MustBeReplaced();
        oldText.MustBeReplaced();
        oldPicture.MustBeReplaced();
        var text = await Text("md");
        text.ShouldStartWith("# tiny 1.0: Brightness\n\nHand-over of ");
        text.ShouldContain("Nothing is open.");
        foreach (var step in new[] { "manifest", "files", "contract", "start", "cost", "batches", "repeats", "extremes", "samples", "licence", "held-out" })
            text.ShouldContain($"- [x] **{step}** ");
        text.ShouldContain("| image | picture | 8 × 8, stretch, rgb | pixel × 0.00392 |");
        text.ShouldContain("| map | map | black to white is 0 to 1; png |");
        text.ShouldContain("| photo.jpg | map, map |\n| --- | --- |\n| ![](card-tiny-1.0/1.jpg) | ![](card-tiny-1.0/2.png) |");
        text.ShouldMatch(@"\| batch of \| ms \| .*\n.*\n\| 1 \| [\d.]+ \| [\d.]+ \| – \| \d+ \|\n\| 2 ");
        text.ShouldContain("0.9 on five held-out pictures.");
        text.ShouldContain("| a test | none | tiny.onnx, sha256 ");
        File.Exists(_folder["out/card-tiny-1.0/2.png"]).ShouldBeTrue();
        var html = await Text("html");
        html.Split("src=\"data:image/").Length.ShouldBe(3);
        html.ShouldContain("0.9 on five held-out pictures.");
    }

    [Fact]
    public async Task Card_BrokenPackage_ShowsWhatIsOpenAndEndsWithOne()
    {
        _package.Write(Brightness(), TestPackage.Manifest.Replace("licence: none, ", ""));
        File.Copy(TestPackage.Photo, _package["map.png"]);

        var (code, output) = await Card();

        code.ShouldBe(1, output);
        var text = await Text("md");
        text.ShouldContain("- [x] **manifest** ");
        text.ShouldContain("- [ ] **files** provenance.licence: say under which licence it may be used");
        text.ShouldContain("- [ ] **start** not reached");
        text.ShouldContain("- [ ] **licence** not told");
        text.ShouldContain("- [ ] **held-out** README.md tells no figures");
        text.ShouldContain("9 points open.");
    }

    private Task<(int Code, string Output)> Card() => _package.Run("model", "card", _package.Folder, "--out", _folder["out"]);

    private Task<string> Text(string form) => File.ReadAllTextAsync(_folder[$"out/card-tiny-1.0.{form}"], TestContext.Current.CancellationToken);
}
