using System.Security.Cryptography;
using Espresso.Cli.Packing;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>What comes out of a packed file, and what is refused.</summary>
public sealed partial class PackCommandTests
{
    [Fact]
    public async Task Unpack_IntoAnEmptyFolder_FillsIt()
    {
        await Pack();
        Directory.CreateDirectory(Target);
        var (code, output) = await _package.Run("model", "unpack", Packed, "--into", Target + "/");
        code.ShouldBe(0, output);
        File.Exists(Path.Combine(Target, "manifest.yaml")).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(_folder["minions/tiny"]).ShouldBe([Target]);
    }

    [Fact]
    public async Task Unpack_Packed_GivesTheFolderBack()
    {
        await Pack();

        var (code, output) = await Unpack();

        code.ShouldBe(0);
        output.ShouldContain("tiny 1.0, verified; next: espresso model check");
        Directory.EnumerateFiles(Target).Select(Path.GetFileName).ShouldBe(Directory.EnumerateFiles(_package.Folder).Select(Path.GetFileName), ignoreOrder: true);
        foreach (var file in Directory.EnumerateFiles(Target))
            File.ReadAllBytes(file).ShouldBe(File.ReadAllBytes(_package[Path.GetFileName(file)]));
    }

    [Fact]
    public async Task Unpack_AnyByteChanged_IsRefusedAndLeavesNothing()
    {
        const int Step = 17; // no divisor of a block: every place in headers, contents and padding comes
        var whole = await Pack();
        for (var at = 0; at < whole.Length; at += Step)
        {
            var bytes = (byte[])whole.Clone();
            bytes[at] ^= 1;
            await Refused(bytes);
        }
    }

    [Fact]
    public async Task Unpack_CutOffAnywhereOrGrown_IsRefusedAndLeavesNothing()
    {
        var whole = await Pack();
        for (var length = 0; length < whole.Length; length += 100)
            await Refused(whole[..length]);
        (await Refused(whole[..^1500])).ShouldEndWith("it was cut off");
        await Refused(whole[..^1]);
        await Refused([.. whole, 0]);
        await Refused([.. whole, .. whole]);
    }

    [Theory]
    [InlineData("other sum", "a.txt was changed: it has sha256 ")]
    [InlineData("missing", "it was cut off: a.txt is missing")]
    [InlineData("not listed", "'tiny/1.0/b.txt' is not on its list of checksums")]
    [InlineData("twice", "'tiny/1.0/a.txt' is not on its list of checksums")]
    [InlineData("step up", "it names '../../a.txt', which lies outside of the package")]
    [InlineData("step up in a name", "'tiny/1.0/../../../a.txt' is not on its list of checksums")]
    [InlineData("rooted", "it names '/tmp/a.txt', which lies outside of the package")]
    [InlineData("backslash", "it names '..\\a.txt', which lies outside of the package")]
    [InlineData("link", "'tiny/1.0/a.txt' is not on its list of checksums")]
    [InlineData("no list", "it begins with 'tiny/1.0/a.txt' instead of MODEL/VERSION/SHA256SUMS")]
    [InlineData("other root", "its manifest is of tiny/1.0, its files are of tiny/2.0")]
    [InlineData("root above", "it begins with '../1.0/SHA256SUMS'")]
    [InlineData("no manifest", "its SHA256SUMS names no manifest.yaml")]
    [InlineData("faulty manifest", "its manifest is faulty: ")]
    [InlineData("other time", "its files are whole, but something beside them was changed")]
    public async Task Unpack_MadeByAnother_IsRefused(string how, string told)
    {
        Write();
        await using (var file = File.Create(Packed))
            Forge(file, how);

        (await Should.ThrowAsync<CliException>(Unpack())).Message.ShouldContain(told);
        Directory.Exists(_folder["minions"]).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([Packed]);
    }

    [Fact]
    public async Task Unpack_PackedAnewBySomebodyElse_IsRefusedByTheSumOfTheFile()
    {
        var sum = Convert.ToHexStringLower(SHA256.HashData(await Pack()));
        File.WriteAllText(_package["map.png"], "another");
        await _package.Run("model", "pack", _package.Folder, "-o", Packed);

        (await Should.ThrowAsync<CliException>(Unpack("--sha256", sum))).Message.ShouldContain($"is not unpacked: it has sha256 ");
        Directory.Exists(Target).ShouldBeFalse();
    }

    [Fact]
    public async Task Unpack_VersionIsThere_IsLeftAlone()
    {
        await Pack();
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "mine"), "");

        (await Should.ThrowAsync<CliException>(Unpack())).Message.ShouldContain("is there already; a version is never changed");
        Directory.EnumerateFileSystemEntries(_folder["minions/tiny"]).ShouldBe([Target]);
    }

    [Fact]
    public async Task Unpack_Fails_LeavesWhatSomebodyElseHasPutBesideItMeanwhile()
    {
        var bytes = await Pack();
        await File.WriteAllBytesAsync(Packed, [.. bytes, 0], TestContext.Current.CancellationToken);
        var other = _folder["minions/tiny/2.0"];
        var meanwhile = new Meanwhile(() => Directory.CreateDirectory(other));

        await Should.ThrowAsync<CliException>(new PackageUnpacker(Packed).Unpack(_ => Target, meanwhile, TestContext.Current.CancellationToken));

        Directory.EnumerateFileSystemEntries(_folder["minions/tiny"]).ShouldBe([other]);
    }

    [Theory]
    [InlineData()]
    [InlineData("--sha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Unpack_Pipe_IsRefusedInsteadOfWaitedFor(params string[] switches)
    {
        Pipe.Make(Packed);

        var unpack = Task.Run(() => Unpack(switches), TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(unpack.WaitAsync(TimeSpan.FromSeconds(60)))).Message
            .ShouldBe($"{Packed} is not unpacked: it is a folder, a pipe, a socket or a device, and no file");
    }

    [Fact]
    public async Task Unpack_Twice_AtOnce_OneHasThePlaceAndTheOtherSaysSo()
    {
        await Pack();
        var both = Enumerable.Range(0, 2).Select(_ => Task.Run(() => Unpack(), TestContext.Current.CancellationToken)).ToList();

        var refused = await Should.ThrowAsync<CliException>(Task.WhenAll(both));

        refused.Message.ShouldStartWith($"{Packed} is not unpacked: ");
        both.Count(unpack => unpack.IsFaulted).ShouldBe(1);
        Directory.EnumerateFileSystemEntries(_folder["minions/tiny"]).ShouldBe([Target]);
        Directory.EnumerateFiles(Target).Count().ShouldBe(4);
    }

    /// <summary>Neither over what the other has put there nor beside it: a package of two is none.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unpack_AnotherWasQuicker_LeavesItsFilesAlone(bool intoAnEmptyFolder)
    {
        await Pack();
        if (intoAnEmptyFolder)
            Directory.CreateDirectory(Target);
        var another = new Meanwhile(() =>
        {
            Directory.CreateDirectory(Target);
            File.WriteAllText(Path.Combine(Target, "manifest.yaml"), "another's");
        });

        (await Should.ThrowAsync<CliException>(new PackageUnpacker(Packed).Unpack(_ => Target, another, TestContext.Current.CancellationToken)))
            .Message.ShouldContain("is there already; a version is never changed");

        Directory.EnumerateFileSystemEntries(_folder["minions/tiny"]).ShouldBe([Target]);
        Directory.EnumerateFileSystemEntries(Target).ShouldBe([Path.Combine(Target, "manifest.yaml")]);
        File.ReadAllText(Path.Combine(Target, "manifest.yaml")).ShouldBe("another's");
    }

    [Fact]
    public async Task Unpack_NoFile_SaysSo() => (await Should.ThrowAsync<CliException>(Unpack())).Message.ShouldEndWith("there is no such file");
}
