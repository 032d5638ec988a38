using Espresso.Cli.Packages;

namespace Espresso.Cli.Tests.Packages;

public sealed class SelectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SelectionTests()
    {
        _folder.AddPackage("depth", "0.1");
        _folder.AddPackage("inpainting", "0.1", needs: "segmentation.mask");
        _folder.AddPackage("inpainting", "1.0", needs: "segmentation.mask");
        _folder.AddPackage("segmentation", "0.1");
        _folder.AddPackage("segmentation", "1.0", network: false, fetched: true);
        _folder.AddPackage("segmentation", "1.1", network: false, fetched: true);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("depth,segmentation,inpainting", "depth 0.1,segmentation 1.0,inpainting 1.0")]
    [InlineData("inpainting", "inpainting 1.0,segmentation 1.0")]
    [InlineData("inpainting@0.1,segmentation@0.1", "inpainting 0.1,segmentation 0.1")]
    [InlineData("inpainting,inpainting@1.0", "inpainting 1.0,segmentation 1.0")]
    [InlineData("depth", "depth 0.1")]
    [InlineData("inpainting,segmentation@1.1", "inpainting 1.0,segmentation 1.1")]
    public void Needed_Names_BecomeVersionsWithWhatTheyTake(string names, string expected) =>
        string.Join(',', Needed(names, maskSent: false).Select(package => package.Title)).ShouldBe(expected);

    [Fact]
    public void Needed_MaskSent_NeedsNobodyToMakeOne() =>
        Needed("inpainting", maskSent: true).ShouldHaveSingleItem().Title.ShouldBe("inpainting 1.0");

    [Theory]
    [InlineData("colour")]
    [InlineData("depth@0.2")]
    [InlineData("depth@")]
    public void Needed_Unknown_ListsWhatThereIs(string name) =>
        Should.Throw<CliException>(() => Needed(name, maskSent: false)).Message
            .ShouldBe($"no package '{name}'; there are: depth@0.1, inpainting@0.1, inpainting@1.0, segmentation@0.1, segmentation@1.0, segmentation@1.1");

    [Fact]
    public void Unasked_SeveralFetchedVersions_HasTheFirstOfThem() =>
        Selection.Unasked(Packages()).Select(package => package.Title)
            .ShouldBe(["depth 0.1", "inpainting 0.1", "inpainting 1.0", "segmentation 0.1", "segmentation 1.0"]);

    [Fact]
    public void Fallback_NewestWithoutNetwork_IsTheOneBelow()
    {
        var packages = Packages();

        Selection.Fallback(packages, packages[^1]).ShouldNotBeNull().Title.ShouldBe("segmentation 0.1");
        Selection.Fallback(packages, packages[^2]).ShouldNotBeNull().Title.ShouldBe("segmentation 0.1");
        Selection.Fallback(packages, packages[0]).ShouldBeNull();
    }

    private IReadOnlyList<ModelPackage> Packages() => PackageCatalog.Read(_folder.Path, light: false).Packages;

    private IReadOnlyList<ModelPackage> Needed(string names, bool maskSent) => Selection.Needed(Packages(), names.Split(','), maskSent);
}
