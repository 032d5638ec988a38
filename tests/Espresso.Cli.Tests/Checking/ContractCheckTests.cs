using Espresso.Cli.Checking;
using Espresso.Cli.Packages;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Checking;

public sealed class ContractCheckTests : IDisposable
{
    private readonly TestPackage _package = new();

    public void Dispose() => _package.Dispose();

    [Theory]
    [InlineData("2.0")]
    [InlineData("0.1")]
    [InlineData("1.2.0a1b2c3d.part")]
    public void Run_FolderOfNoVersionOfItsMajor_IsNotComparedWith(string name)
    {
        _package.Write(Brightness());
        var minor = _package.Other("1.1");
        var other = _package.Other(name);
        var manifest = Path.Combine(other, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("range: [0, 1]", "range: [0, 2]"));
        ShouldBeGood(minor, "as tiny/1.0");

        File.WriteAllText(manifest, "model: [");
        ShouldBeGood(minor, "as tiny/1.0");
    }

    [Fact]
    public void Run_AnotherMajorOnly_IsTheFirstOfItsOwn()
    {
        _package.Write(Brightness());

        ShouldBeGood(_package.Other("2.0"), "the first of major 2 here");
    }

    private static void ShouldBeGood(string folder, string said)
    {
        var finding = ContractCheck.Run(ModelPackage.Read(folder));
        finding.Faults.ShouldBeEmpty();
        finding.Said.ShouldBe(said);
    }
}
