using System.Security.Cryptography;
using Espresso.Cli.Graphs;
using Espresso.Cli.Tests.Packages;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

public sealed class MendCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();

    private string Network => _folder["net.onnx"];

    public void Dispose()
    {
        _folder.Dispose();
        _commands.Dispose();
    }

    [Fact]
    public async Task Mend_FixedBatch_IsVariableAndItsSumTold()
    {
        await File.WriteAllBytesAsync(Network, Brightness("1").ToByteArray(), TestContext.Current.CancellationToken);

        var (code, output) = await _commands.Run("model", "mend", Network);

        code.ShouldBe(0);
        NetworkGraph.Read(Network).Inputs.ShouldAllBe(input => !input.HasFixedBatch);
        output.ShouldContain($"is variable now, 0 reshapes mended; sha256 {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Network)))}");
        Directory.EnumerateFiles(_folder.Path).ShouldBe([Network]);
    }

    [Fact]
    public async Task Mend_PartOfAnother_IsLeftAlone()
    {
        await File.WriteAllBytesAsync(Network, Brightness("1").ToByteArray(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{Network}.part", "another mend's", TestContext.Current.CancellationToken);

        (await _commands.Run("model", "mend", Network)).Code.ShouldBe(0);

        File.ReadAllText($"{Network}.part").ShouldBe("another mend's");
    }

    [Fact]
    public async Task Mend_VariableBatch_LeavesTheFileAsItIs()
    {
        var bytes = Brightness().ToByteArray();
        await File.WriteAllBytesAsync(Network, bytes, TestContext.Current.CancellationToken);

        (await _commands.Run("model", "mend", Network)).Output.ShouldContain("is variable already");

        File.ReadAllBytes(Network).ShouldBe(bytes);
    }
}
