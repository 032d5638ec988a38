using System.Security.Cryptography;
using Espresso.Cli.Graphs;
using Espresso.Cli.Tests.Packages;
using Espresso.Manifests;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>From an ONNX file to a package that passes the check, with the mesh's own processes.</summary>
public sealed class NewCommandTests : IDisposable
{
    private static readonly string[] Told = ["--values", "unit", "--source", "a \"test\": here", "--licence", "none"];

    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();

    private string Package => _folder["bright/0.1"];

    public void Dispose()
    {
        _folder.Dispose();
        _commands.Dispose();
    }

    [Fact]
    public async Task New_Network_IsAPackageThatPassesItsCheck()
    {
        var network = Brightness().ToByteArray();

        var (code, output) = await New(network, Told);

        code.ShouldBe(0, output);
        output.ShouldContain($"model check {Path.GetRelativePath(Environment.CurrentDirectory, Package)}");
        var manifest = ManifestReader.ReadFolder(Package).Manifest;
        manifest.Name.ShouldBe("bright/0.1");
        (manifest.Inputs[0].Kind, manifest.Inputs[0].Width, manifest.Inputs[0].Height).ShouldBe((InputKind.Picture, 8, 8));
        manifest.Outputs[0].Kind.ShouldBe(OutputKind.Map);
        manifest.Provenance.Source.ShouldBe("a \"test\": here");
        manifest.Provenance.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(network)), "what needs no mending is not touched");
        manifest.Requirements.MemoryMb.ShouldBeGreaterThan(0);
        manifest.Requirements.BatchMs.Keys.ShouldBe([1, 2, 4, 8], ignoreOrder: true);

        var (checkedCode, told) = await _commands.Run("model", "check", Package);
        checkedCode.ShouldBe(0, told);
    }

    [Fact]
    public async Task New_FixedBatch_IsMendedOnRequest()
    {
        var (code, output) = await New(Brightness("1").ToByteArray(), [.. Told, "--mend-batch"]);

        code.ShouldBe(0, output);
        output.ShouldContain("the batch is variable now; 0 reshapes mended");
    }

    /// <summary>The mean of each channel as logits: the strongest colour's name comes first.</summary>
    [Fact]
    public async Task New_Classifier_AnswersWithItsNames()
    {
        var network = Of(End("image", "1", 3, 8, 8), End("logits", "1", 3), [Node("ReduceMean", ["image"], "logits", Ints("axes", 2, 3), Int("keepdims", 0))]);
        await File.WriteAllTextAsync(_folder["names.txt"], "colour\ncolour\nblue\n", TestContext.Current.CancellationToken);

        var (code, output) = await New(network.ToByteArray(), [.. Told, "--mend-batch", "--labels", _folder["names.txt"]]);

        code.ShouldBe(0, output);
        var spec = ManifestReader.ReadFolder(Package).Manifest.Outputs[0];
        (spec.Kind, spec.Activation).ShouldBe((OutputKind.Labels, Activation.Softmax));
        spec.Labels.ShouldBe(["colour", "colour (1)", "blue"], "names are made different");
        (await File.ReadAllTextAsync(Path.Combine(Package, "samples", "logits.json"), TestContext.Current.CancellationToken)).ShouldContain("\"colour\"");
        var (checkedCode, told) = await _commands.Run("model", "check", Package);
        checkedCode.ShouldBe(0, told);
    }

    [Fact]
    public async Task New_WrongNumberOfNames_SaysHowMany()
    {
        await File.WriteAllTextAsync(_folder["names.txt"], "a\nb\n", TestContext.Current.CancellationToken);
        var network = Of(End("image", "n", 3, 8, 8), End("logits", "n", 3), [Node("ReduceMean", ["image"], "logits", Ints("axes", 2, 3), Int("keepdims", 0))]);

        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), [.. Told, "--labels", _folder["names.txt"]])))
            .Message.ShouldEndWith("has 2 names, but the network gives 3 numbers");
    }

    [Fact]
    public async Task New_NothingSaid_AsksForAllThatTheGraphDoesNotSay()
    {
        var error = await Should.ThrowAsync<CliException>(New(Of(End("image", "1", 3, 8, 8), End("out", "1", 192), [Node("Flatten", ["image"], "out")]).ToByteArray(), []));

        foreach (var part in new[] { "--values unit|imagenet|symmetric|bytes", "--kind out=", "--mend-batch", "--source", "--licence" })
            error.Message.ShouldContain($"\n  {part}");
        Directory.Exists(Package).ShouldBeFalse();
    }

    [Fact]
    public async Task New_FolderIsThere_IsLeftAlone()
    {
        Directory.CreateDirectory(Package);
        await File.WriteAllTextAsync(Path.Combine(Package, "a"), "", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(New(Brightness().ToByteArray(), Told))).Message.ShouldContain("is there already; a version is never changed, take the next: --version 0.2");
    }

    [Fact]
    public async Task New_NoNetwork_SaysSo() =>
        (await Should.ThrowAsync<CliException>(New([1, 2, 3], Told))).Message.ShouldContain("is no ONNX file");

    private async Task<(int Code, string Output)> New(byte[] network, string[] switches)
    {
        await File.WriteAllBytesAsync(_folder["net.onnx"], network, TestContext.Current.CancellationToken);
        return await _commands.Run(["model", "new", "bright", "--from", _folder["net.onnx"], "--into", Package, .. switches]);
    }
}
