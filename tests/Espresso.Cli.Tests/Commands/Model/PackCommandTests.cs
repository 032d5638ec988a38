using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Espresso.Cli.Packing;
using Espresso.Cli.Tests.Checking;
using Espresso.Cli.Tests.Packages;
using Espresso.TestKit;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

public sealed partial class PackCommandTests : IDisposable
{
    private const string Fetch = "\nfetch: { npm: somewhere, version: 1.0.0, resource: net, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, size: 8 }";

    private readonly TestPackage _package = new();
    private readonly TemporaryFolder _folder = new();

    private string Packed => _folder["tiny.tar"];

    private string Target => _folder["minions/tiny/1.0"];

    public void Dispose()
    {
        _package.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pack_SameFolder_GivesTheSameFile()
    {
        var other = await Pack();
        var copy = _package.Other("copied");
        File.WriteAllText(Path.Combine(copy, "manifest.yaml"), File.ReadAllText(_package["manifest.yaml"]));
        Directory.CreateDirectory(Path.Combine(copy, "__pycache__"));
        foreach (var left in new[] { ".hidden", "__pycache__/a.pyc", "net.onnx.part" })
            File.WriteAllText(Path.Combine(copy, left), "a workplace's own");
        File.SetLastWriteTimeUtc(Path.Combine(copy, "tiny.onnx"), DateTime.UnixEpoch);

        var (code, output) = await _package.Run("model", "pack", copy, "-o", Packed);

        code.ShouldBe(0, output);
        output.ShouldContain($"4 files, 0.0 MB, sha256 {Convert.ToHexStringLower(SHA256.HashData(other))}");
        File.ReadAllBytes(Packed).ShouldBe(other);
    }

    [Fact]
    public async Task Pack_PackageThatIsNotWhole_IsRefused()
    {
        Write();
        File.Delete(_package["map.png"]);

        (await Should.ThrowAsync<CliException>(_package.Run("model", "pack", _package.Folder, "-o", Packed))).Message.ShouldEndWith("is not packed: it is not whole");
        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pack_FileThatTheManifestNamesAndPackLeavesOut_IsRefused()
    {
        Write(TestPackage.Manifest.Replace("map.png", ".map.png"));
        File.Move(_package["map.png"], _package[".map.png"]);

        (await Should.ThrowAsync<CliException>(_package.Run("model", "pack", _package.Folder, "-o", Packed))).Message.ShouldEndWith("is not packed: it is not whole");
        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pack_FileNamedByALongerWay_IsInIt()
    {
        Write(TestPackage.Manifest.Replace("image: photo.jpg", "image: ./photo.jpg"));

        var (code, output) = await _package.Run("model", "pack", _package.Folder, "-o", Packed);

        code.ShouldBe(0, output);
        output.ShouldContain(": 4 files,");
    }

    [Fact]
    public async Task Pack_IntoThePackageItself_IsRefused()
    {
        Write();
        var before = await File.ReadAllTextAsync(_package["manifest.yaml"], TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<CliException>(_package.Run("model", "pack", _package.Folder, "-o", _package["manifest.yaml"]))).Message.ShouldContain("lies in the package itself");
        (await File.ReadAllTextAsync(_package["manifest.yaml"], TestContext.Current.CancellationToken)).ShouldBe(before);
    }

    [Fact]
    public async Task Pack_Link_IsRefused()
    {
        Write();
        File.CreateSymbolicLink(_package["link"], "/etc/hostname");

        (await Should.ThrowAsync<CliException>(_package.Run("model", "pack", _package.Folder, "-o", Packed))).Message.ShouldContain("link is a link; a package is one folder");
        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pack_Pipe_IsRefusedInsteadOfWaitedFor()
    {
        Write();
        Pipe.Make(_package["pipe"]);

        var pack = Task.Run(() => _package.Run("model", "pack", _package.Folder, "-o", Packed), TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(pack.WaitAsync(TimeSpan.FromSeconds(60)))).Message.ShouldContain("pipe is a pipe, a socket or a device");
        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, false, "tiny.onnx is in it, as fetched from somewhere 1.0.0")]
    [InlineData(true, true, "tiny.onnx is not in it: it is fetched from somewhere 1.0.0 at first use")]
    [InlineData(false, false, "tiny.onnx is not in it: it is fetched from somewhere 1.0.0 at first use")]
    public async Task Pack_FetchedNetwork_IsPackedOrNamed(bool isThere, bool light, string told)
    {
        Write(TestPackage.Manifest + Fetch);
        if (!isThere)
            File.Delete(_package["tiny.onnx"]);

        var (_, output) = await _package.Run(["model", "pack", _package.Folder, "-o", Packed, .. light ? ["--light"] : Array.Empty<string>()]);
        await Unpack();

        output.ShouldContain(told);
        File.Exists(Path.Combine(Target, "tiny.onnx")).ShouldBe(isThere && !light);
    }

    [Fact]
    public async Task Pack_Twice_AtOnce_BothGiveTheFile()
    {
        var whole = await Pack();
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ =>
            Task.Run(() => _package.Run("model", "pack", _package.Folder, "-o", Packed), TestContext.Current.CancellationToken)));

        both.ShouldAllBe(pack => pack.Code == 0);
        File.ReadAllBytes(Packed).ShouldBe(whole);
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([Packed]);
    }

    private void Write(string manifest = TestPackage.Manifest)
    {
        _package.Write(Brightness(), manifest);
        File.WriteAllText(_package["photo.jpg"], "a picture"); // nobody looks at it here
        File.WriteAllText(_package["map.png"], "what is made of it");
    }

    private async Task<byte[]> Pack()
    {
        Write();
        var (code, output) = await _package.Run("model", "pack", _package.Folder, "-o", Packed);
        code.ShouldBe(0, output);
        return await File.ReadAllBytesAsync(Packed, TestContext.Current.CancellationToken);
    }

    private Task<(int Code, string Output)> Unpack(params string[] switches) => _package.Run(["model", "unpack", Packed, "--into", Target, .. switches]);

    private async Task<string> Refused(byte[] bytes)
    {
        await File.WriteAllBytesAsync(Packed, bytes, TestContext.Current.CancellationToken);
        var error = await Should.ThrowAsync<CliException>(Unpack());
        error.Message.ShouldNotContain('\n');
        error.Message.ShouldStartWith($"{Packed} is not unpacked: ");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([Packed]);
        return error.Message;
    }

    private sealed class Meanwhile(Action happens) : IProgress<double>
    {
        public void Report(double value) => happens();
    }

    /// <summary>An archive that another program might write: the package's files and a.txt, with something amiss.</summary>
    private void Forge(Stream to, string how)
    {
        var root = how switch { "other root" => "tiny/2.0", "root above" => "../1.0", _ => "tiny/1.0" };
        var files = Directory.EnumerateFiles(_package.Folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes, StringComparer.Ordinal);
        var name = how switch { "step up" => "../../a.txt", "rooted" => "/tmp/a.txt", "backslash" => "..\\a.txt", _ => "a.txt" };
        files[name] = "hello"u8.ToArray();
        if (how == "no manifest")
            files.Remove("manifest.yaml");
        if (how == "faulty manifest")
            files["manifest.yaml"] = "model: tiny"u8.ToArray();
        var sums = files.ToDictionary(file => file.Key, file => Convert.ToHexStringLower(SHA256.HashData(file.Value)), StringComparer.Ordinal);
        if (how == "other sum")
            sums[name] = new string('0', 64);

        using var tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        if (how == "no list")
            files = new(StringComparer.Ordinal) { [name] = files[name] };
        else
            Add(PackageSums.FileName, Encoding.UTF8.GetBytes(string.Concat(sums.OrderBy(sum => sum.Key, StringComparer.Ordinal).Select(sum => $"{sum.Value}  {sum.Key}\n"))));
        foreach (var (path, bytes) in files.OrderBy(file => file.Key, StringComparer.Ordinal).Where(file => how != "missing" || file.Key != name))
        {
            if (how == "link" && path == name)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, $"{root}/{path}") { LinkName = "/etc/passwd" });
            else
                Add(how == "step up in a name" && path == name ? "../../../a.txt" : path, bytes);
        }

        if (how is "not listed" or "twice")
            Add(how == "twice" ? name : "b.txt", files[name]);

        void Add(string path, byte[] bytes) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{root}/{path}") { DataStream = new MemoryStream(bytes), ModificationTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) });
    }
}
