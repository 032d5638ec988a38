using System.Security.Cryptography;
using Espresso.Cli.Fetching;
using Espresso.Cli.Tests.Fetching;
using Espresso.Cli.Tests.Packages;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Commands.Model;

public sealed class FetchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();
    private readonly byte[] _file = RandomNumberGenerator.GetBytes(300_000);

    private string Target => _folder["model.onnx"];

    private string Part => $"{Target}.{Sum[..8]}.part";

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
    public async Task Fetch_ConnectionIsCutAndNoLengthWasTold_GoesOnFromThereToo()
    {
        using var cut = new CutServer();
        var serving = cut.Serve(_file, sent: 200_000, promises: false);

        var error = await Should.ThrowAsync<CliException>(Fetch(cut.Address, Sum));

        await serving;
        error.Message.ShouldStartWith("127.0.0.1 does not say how much it gives: it was cut off after 200000 bytes, or is another file, sha256 ");
        File.Exists(Target).ShouldBeFalse();

        await using var server = await FileServer.Start(_file);
        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);
        server.Ranges.ShouldBe(["bytes=200000-"]);
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
    }

    [Fact]
    public async Task Fetch_WholeFileWithoutALength_IsThere()
    {
        using var end = new CutServer();
        var serving = end.Serve(_file, sent: _file.Length, promises: false);

        (await Fetch(end.Address, Sum)).Code.ShouldBe(0);

        await serving;
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
    }

    [Fact]
    public async Task Fetch_PartOfAnotherFile_IsNotGoneOnWith()
    {
        using var cut = new CutServer();
        var serving = cut.Serve(new byte[300_000], sent: 200_000);
        await Should.ThrowAsync<CliException>(Fetch(cut.Address, new string('0', 64)));
        await serving;
        await using var server = await FileServer.Start(_file);

        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);

        server.Ranges.ShouldBe([""]);
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
    }

    /// <summary>Another address gave something else, or this one did.</summary>
    [Theory]
    [InlineData(100_000)]
    [InlineData(300_000)]
    [InlineData(400_000)]
    public async Task Fetch_PartThatIsNoBeginningOfIt_StartsAfresh(int length)
    {
        await File.WriteAllBytesAsync(Part, new byte[length], TestContext.Current.CancellationToken);
        await using var server = await FileServer.Start(_file);

        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);

        server.Ranges.ShouldBe([$"bytes={length}-", ""]);
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
        Directory.EnumerateFiles(_folder.Path).ShouldBe([Target]);
    }

    [Fact]
    public async Task Fetch_TwiceAtOnce_KeepOutOfEachOthersParts()
    {
        await using var server = await FileServer.Start(_file, breakAfter: 100_000);
        using var client = new HttpClient();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new Download(client, TimeProvider.System).To(Target, server.Address, Checksum.Sha256(Sum), Note, TestContext.Current.CancellationToken);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        (await Fetch(server.Address, Sum)).Code.ShouldBe(0);

        server.Ranges.ShouldBe(["", ""]);
        (await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken)).ShouldBe(_file);
        Directory.EnumerateFiles(_folder.Path).ShouldBe([Target, Part], ignoreOrder: true);

        server.MayBreak.SetResult();
        (await Should.ThrowAsync<CliException>(first)).Message.ShouldContain("broke off");
        (await File.ReadAllBytesAsync(Part, TestContext.Current.CancellationToken)).ShouldBe(_file[..100_000]);

        void Note(long have, long all)
        {
            if (have == 100_000)
                begun.SetResult();
        }
    }

    [Fact]
    public async Task Fetch_IntoAFolder_PutsItThereUnderItsName()
    {
        await using var server = await FileServer.Start(_file);

        var (_, output) = await _commands.Run("model", "fetch", $"{server.Address}", "--sha256", Sum, "-o", _folder.Path);

        output.ShouldStartWith(_folder["file.tgz"]);
        (await File.ReadAllBytesAsync(_folder["file.tgz"], TestContext.Current.CancellationToken)).ShouldBe(_file);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_OntoAFolderOrAPipe_IsRefusedBeforeAnythingIsFetched(bool folder)
    {
        if (folder)
            Directory.CreateDirectory(_folder["file.tgz"]);
        else
            Pipe.Make(_folder["file.tgz"]);
        await using var server = await FileServer.Start(_file);

        var fetch = Task.Run(() => _commands.Run("model", "fetch", $"{server.Address}", "--sha256", Sum, "-o", _folder.Path), TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(fetch.WaitAsync(TimeSpan.FromSeconds(60))))
            .Message.ShouldBe($"{_folder["file.tgz"]} is a folder, a pipe, a socket or a device; say with -o where the file is to be");
        server.Ranges.ShouldBeEmpty();
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
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBeEmpty();
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
