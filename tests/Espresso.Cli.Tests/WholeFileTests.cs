using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests;

public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["map.png"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Write_FileThatIsThere_IsReplaced()
    {
        using var old = new OldFile(Target);

        await WholeFile.Write(Target, "ä", TestContext.Current.CancellationToken);

        old.MustBeReplaced();
        File.ReadAllBytes(Target).ShouldBe("ä"u8.ToArray());
    }

    [Fact]
    public async Task Write_DiskIsFullMidway_LeavesWhatWasThere()
    {
        File.WriteAllText(Target, "the golden before");

        await Should.ThrowAsync<IOException>(WholeFile.Write(Target, async to =>
        {
            await to.WriteAsync("half of "u8.ToArray());
            throw new IOException("No space left on device");
        }));

        File.ReadAllText(Target).ShouldBe("the golden before");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([Target]);
    }

    [Fact]
    public async Task Write_AnotherWritesMeanwhile_BothAreWholeAndTheLaterOneStays()
    {
        await WholeFile.Write(Target, async to =>
        {
            await to.WriteAsync("fir"u8.ToArray());
            await WholeFile.Write(Target, "second", TestContext.Current.CancellationToken);
            File.ReadAllText(Target).ShouldBe("second");
            await to.WriteAsync("st"u8.ToArray());
        });

        File.ReadAllText(Target).ShouldBe("first");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([Target]);
    }

    [Fact]
    public async Task Write_NoSuchFolder_SaysSo() =>
        (await Should.ThrowAsync<DirectoryNotFoundException>(WholeFile.Write(_folder["a/b"], "", TestContext.Current.CancellationToken))).Message.ShouldContain(_folder["a/b"]);
}
