using System.Security.Cryptography;
using Espresso.Cli.Tests.Fetching;
using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests.Commands.Model;

public sealed class FetchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();
    private readonly byte[] _file = RandomNumberGenerator.GetBytes(300_000);

    private string Target => _folder["model.onnx"];

    private string Part => Target + ".part";

    private string Sum => Convert.ToHexStringLower(SHA256.HashData(_file));

    public void Dispose()
    {
        _folder.Dispose();
        _commands.Dispose();
    }

    [Fact]
    public async Task Fetch_File_IsThereAndVerified()
    {
        await using var server = await FileServer.Start(_file);

        var (code, output) = await Fetch(server.Address, Sum);

        code.ShouldBe(0);
        output.ShouldContain("0.3 MB, verified");
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
        File.Exists(Part).ShouldBeFalse();
    }

    [Fact]
    public async Task Fetch_FileThatIsThere_AsksNobody()
    {
        await File.WriteAllBytesAsync(Target, _file, TestContext.Current.CancellationToken);
        await using var server = await FileServer.Start(_file);

        var (_, output) = await Fetch(server.Address, Sum.ToUpperInvariant());

        output.ShouldContain("is there already");
        server.Ranges.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_ConnectionIsCut_KeepsWhatCameAndGoesOnFromThere()
    {
        using var cut = new CutServer();
        var serving = cut.Serve(_file, sent: 200_000);

        var error = await Should.ThrowAsync<CliException>(Fetch(cut.Address, Sum));

        await serving;
        error.Message.ShouldStartWith("the download broke off (");
        error.Message.ShouldEndWith("trying again goes on from there");
        error.Message.ShouldNotContain("\n");
        File.Exists(Target).ShouldBeFalse();
        new FileInfo(Part).Length.ShouldBe(200_000);

        await using var server = await FileServer.Start(_file);
        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);
        server.Ranges.ShouldBe(["bytes=200000-"]);
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
    }

    [Fact]
    public async Task Fetch_WrongSum_IsThrownAwayAndWhatWasThereStays()
    {
        await File.WriteAllTextAsync(Target, "the version before", TestContext.Current.CancellationToken);
        await using var server = await FileServer.Start(_file);

        var error = await Should.ThrowAsync<CliException>(Fetch(server.Address, new string('0', 64)));

        error.Message.ShouldBe($"what 127.0.0.1 gave has another checksum than was promised, sha256 {Sum} instead of {new string('0', 64)}; it was thrown away");
        File.Exists(Part).ShouldBeFalse();
        (await File.ReadAllTextAsync(Target, TestContext.Current.CancellationToken)).ShouldBe("the version before");
    }

    /// <summary>/dev/full is a disk without room.</summary>
    [Fact]
    public async Task Fetch_DiskIsFull_SaysSoAndCanGoOn()
    {
        File.CreateSymbolicLink(Part, "/dev/full");
        await using var server = await FileServer.Start(_file);

        var error = await Should.ThrowAsync<CliException>(Fetch(server.Address, Sum));

        error.Message.ShouldStartWith($"there is no room for {Part}: No space left on device");
        error.Message.ShouldEndWith("make some and try again, it goes on from there");
        File.Exists(Target).ShouldBeFalse();

        // The disk has room again, and holds what was written before.
        File.Delete(Part);
        await File.WriteAllBytesAsync(Part, _file[..100_000], TestContext.Current.CancellationToken);
        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);
        server.Ranges[^1].ShouldBe("bytes=100000-");
    }

    [Fact]
    public async Task Fetch_NoSuchFile_SaysWhoDoesNotGiveIt()
    {
        await using var server = await FileServer.Start(_file);

        var error = await Should.ThrowAsync<CliException>(Fetch(new Uri(server.Address, "other"), Sum));

        error.Message.ShouldContain("127.0.0.1 does not give it: ");
        error.Message.ShouldContain("404");
    }

    [Fact]
    public async Task Fetch_NoSuchFolder_NamesIt() =>
        (await Should.ThrowAsync<CliException>(_commands.Run("model", "fetch", "http://127.0.0.1:9/x", "--sha256", Sum, "-o", _folder["a/b"])))
            .Message.ShouldBe($"there is no folder {_folder["a"]}");

    [Theory]
    [InlineData("model", "fetch", "http://127.0.0.1/x")]
    [InlineData("model", "fetch", "http://127.0.0.1/x", "--sha256", "12")]
    [InlineData("model", "fetch", "ftp://127.0.0.1/x", "--sha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Fetch_WrongCommandLine_IsRefused(params string[] args) => (await _commands.Run(args)).Code.ShouldBe(1);

    private Task<(int Code, string Output)> Fetch(Uri address, string sum) => _commands.Run("model", "fetch", $"{address}", "--sha256", sum, "-o", Target);
}
