using Espresso.Cli.Packages;

namespace Espresso.Cli.Tests.Packages;

public sealed class PackageCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Packages_AreSortedByModelAndVersionNumber()
    {
        _folder.AddPackage("segmentation", "1.0");
        _folder.AddPackage("depth", "0.10");
        _folder.AddPackage("depth", "0.9");
        Directory.CreateDirectory(_folder["host/bin"]);

        var catalog = PackageCatalog.Read(_folder.Path, light: false);

        catalog.Packages.Select(package => package.Title).ShouldBe(["depth 0.9", "depth 0.10", "segmentation 1.0"]);
        catalog.Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Read_Light_LeavesOutWhatIsFetchedEvenIfItIsThere()
    {
        _folder.AddPackage("segmentation", "0.1");
        _folder.AddPackage("segmentation", "1.0", network: true, fetched: true);

        PackageCatalog.Read(_folder.Path, light: true).Packages.Select(package => package.Title).ShouldBe(["segmentation 0.1"]);
        PackageCatalog.Read(_folder.Path, light: false).Packages.Count.ShouldBe(2);
    }

    [Fact]
    public void Read_NetworkToBeFetched_IsThereWithoutNetwork()
    {
        _folder.AddPackage("segmentation", "1.0", network: false, fetched: true);

        PackageCatalog.Read(_folder.Path, light: false).Packages.ShouldHaveSingleItem().HasNetwork.ShouldBeFalse();
    }

    [Fact]
    public void Read_FaultyPackages_AreToldAndLeftOut()
    {
        _folder.AddPackage("depth", "0.1");
        _folder.AddPackage("depth", "0.2", network: false);
        _folder.AddPackage("depth", "0.3", folder: "depth/0.4");
        Directory.CreateDirectory(_folder["depth/0.5"]);
        File.WriteAllText(_folder["depth/0.5/manifest.yaml"], "model: depth\nversion: ]\n");

        var catalog = PackageCatalog.Read(_folder.Path, light: false);

        catalog.Packages.ShouldHaveSingleItem().Title.ShouldBe("depth 0.1");
        catalog.Faults.Count.ShouldBe(3);
        catalog.Faults.ShouldContain(fault => fault.Contains("net.onnx is missing"));
        catalog.Faults.ShouldContain(fault => fault.Contains("the manifest is of depth/0.3, the folder says depth/0.4"));
        catalog.Faults.ShouldContain(fault => fault.Contains("depth/0.5/manifest.yaml: line 2"));
    }

    [Fact]
    public void Read_NoSuchFolder_IsEmpty() => PackageCatalog.Read(_folder["nothing"], light: false).Packages.ShouldBeEmpty();
}
