using Espresso.Cli.Commands;
using Espresso.Cli.Packages;
using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests.Commands;

public sealed class ReplicaCountsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ReplicaCountsTests()
    {
        _folder.AddPackage("depth", "0.1");
        _folder.AddPackage("depth", "0.2");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_VersionModelAndNothing_TakesTheNearest()
    {
        var packages = PackageCatalog.Read(_folder.Path, light: false).Packages;
        var counts = ReplicaCounts.Read(["depth=2,depth@0.2=3"]);

        ReplicaCounts.Of(counts, packages[0]).ShouldBe(2);
        ReplicaCounts.Of(counts, packages[1]).ShouldBe(3);
        ReplicaCounts.Of(ReplicaCounts.Read([]), packages[0]).ShouldBe(1);
    }

    [Theory]
    [InlineData("depth")]
    [InlineData("depth=x")]
    [InlineData("depth=-1")]
    [InlineData("depth=65")]
    public void Read_NoCount_Throws(string text) => Should.Throw<CliException>(() => ReplicaCounts.Read([text]));

    [Fact]
    public void Check_UnknownName_ListsWhatThereIs() =>
        Should.Throw<CliException>(() => ReplicaCounts.Check(ReplicaCounts.Read(["colour=2"]), PackageCatalog.Read(_folder.Path, light: false).Packages))
            .Message.ShouldContain("depth@0.1, depth@0.2");
}
