using System.Security.Cryptography;
using Espresso.Cli.Packing;
using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests.Packing;

public sealed class PackageArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_EmptyFile_IsOne() // and no pipe, though neither has a length
    {
        File.WriteAllText(_folder["__init__.py"], "");

        PackageArchive.Files(_folder.Path).ShouldBe(["__init__.py"]);
    }

    [Theory]
    [InlineData("SHA256SUMS")]
    [InlineData("samples/.hidden")]
    [InlineData("__pycache__/names.txt")]
    [InlineData("a.pyc")]
    [InlineData("net.onnx.part")]
    public void Files_WorkplacesOwn_AreLeftOut(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], "");

        PackageArchive.Files(_folder.Path).ShouldBeEmpty();
        PackageArchive.LeavesOut(path).ShouldBeTrue();
    }

    /// <summary>What was packed years ago is compared with what is packed then: these bytes must stay as they are.</summary>
    [Fact]
    public async Task Write_KnownFolder_GivesTheBytesThatItAlwaysGave()
    {
        Directory.CreateDirectory(_folder["samples"]);
        await File.WriteAllTextAsync(_folder["manifest.yaml"], "model: tiny\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["samples/ä.txt"], new string('x', 600), TestContext.Current.CancellationToken);
        using var archive = new MemoryStream();

        await PackageArchive.Write("tiny/1.0", _folder.Path, PackageArchive.Files(_folder.Path), archive, new Progress<double>(), TestContext.Current.CancellationToken);

        archive.Length.ShouldBe((3 * 512) + 512 + 512 + 1024 + 1024);
        Convert.ToHexStringLower(SHA256.HashData(archive.ToArray())).ShouldBe("d770c15b2e3f468f7e54a0f309508c211445c8195b4334a657142197b9569ec8");
    }
}
