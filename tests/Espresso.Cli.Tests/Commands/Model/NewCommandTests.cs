using System.Security.Cryptography;
using Espresso.Cli.Graphs;
using Espresso.Cli.Tests.Packages;
using Espresso.Manifests;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>From an ONNX file to a package that passes the check, with the mesh's own processes.</summary>
public sealed partial class NewCommandTests : IDisposable
{
    private static readonly string[] Told = ["--values", "unit", "--source", "a \"test\": here", "--licence", "none"];

    private const string CursorHidden = "\e[?25l";
    private const string CursorShown = "\e[?25h";

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

    /// <summary>A second softmax would flatten the scores, and nothing else would tell.</summary>
    [Theory]
    [InlineData("Identity")]
    [InlineData("Flatten")]
    public async Task New_SoftmaxBeforeTheLastNode_IsNotAppliedAgain(string last)
    {
        var network = Of(
            End("image", "n", 3, 8, 8), End("scores", "n", 3),
            [Node("ReduceMean", ["image"], "mean", Ints("axes", 2, 3), Int("keepdims", 0)), Node("Softmax", ["mean"], "soft"), Node(last, ["soft"], "scores")]);
        await File.WriteAllTextAsync(_folder["names.txt"], "red\ngreen\nblue\n", TestContext.Current.CancellationToken);

        var (code, output) = await New(network.ToByteArray(), [.. Told, "--labels", _folder["names.txt"]]);

        code.ShouldBe(0, output);
        ManifestReader.ReadFolder(Package).Manifest.Outputs[0].Activation.ShouldBe(Activation.None);
    }

    [Fact]
    public async Task New_TwoClassifiers_EachHasTheNamesThatWereSaidForIt()
    {
        await File.WriteAllTextAsync(_folder["colours.txt"], "red\ngreen\nblue\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["a=b.txt"], "dark\ndim\nbright\n", TestContext.Current.CancellationToken);

        var (code, output) = await New(
            ThreeVectors().ToByteArray(), [.. Told, "--labels", $"colour={_folder["colours.txt"]}", $"light={_folder["a=b.txt"]}", "--kind", "flat=embedding"]);

        code.ShouldBe(0, output);
        var outputs = ManifestReader.ReadFolder(Package).Manifest.Outputs;
        outputs.Select(one => (one.As, one.LabelsFile)).ShouldBe([("colour", "colour.txt"), ("light", "light.txt"), ("flat", null)]);
        outputs[0].Labels.ShouldBe(["red", "green", "blue"]);
        outputs[1].Labels.ShouldBe(["dark", "dim", "bright"]);
        var (checkedCode, told) = await _commands.Run("model", "check", Package);
        checkedCode.ShouldBe(0, told);
    }

    [Fact]
    public async Task New_NamesThatFitOneOutput_SayNothingOfTheOthers()
    {
        await File.WriteAllLinesAsync(_folder["names.txt"], Enumerable.Range(0, 192).Select(i => $"pixel {i}"), TestContext.Current.CancellationToken);

        var message = (await Should.ThrowAsync<CliException>(New(ThreeVectors().ToByteArray(), [.. Told, "--labels", _folder["names.txt"]]))).Message;

        message.ShouldContain("--kind colour=");
        message.ShouldContain("--kind light=");
        message.ShouldNotContain("--kind flat=");
    }

    /// <summary>As classifiers end that keep their pooled sides: no picture of one pixel's width.</summary>
    [Fact]
    public async Task New_NumbersWithSidesOfOne_AreAVector()
    {
        var network = Of(End("image", "n", 3, 8, 8), End("pooled", "n", 192, 1, 1), [Node("Flatten", ["image"], "pooled")]);

        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), Told))).Message.ShouldContain("what are the 192 numbers of 'pooled'?");
    }

    [Fact]
    public async Task New_NothingSaid_AsksForAllThatTheGraphDoesNotSay()
    {
        var error = await Should.ThrowAsync<CliException>(New(Of(End("image", "1", 3, 8, 8), End("out", "1", 192), [Node("Flatten", ["image"], "out")]).ToByteArray(), []));

        foreach (var part in new[] { "--values unit|imagenet|symmetric|bytes", "--kind out=", "--mend-batch", "--source", "--licence" })
            error.Message.ShouldContain($"\n  {part}");
        Directory.Exists(Package).ShouldBeFalse();
    }

    [Theory]
    [InlineData("which values does 'image' take?")]
    [InlineData("where does the network come from?", "--values", "unit")]
    [InlineData("the graph fixes its batch")]
    public async Task New_InterruptedWhileItAsks_EndsWithNothingWritten(string question, params string[] switches)
    {
        await File.WriteAllBytesAsync(_folder["net.onnx"], Brightness(question.Contains("batch") ? "1" : "n").ToByteArray(), TestContext.Current.CancellationToken);

        var shown = await _commands.Interrupt(["model", "new", "bright", "--from", _folder["net.onnx"], "--into", Package, .. switches]);

        shown.ReplaceLineEndings(" ").ShouldContain(question);
        shown.LastIndexOf(CursorShown).ShouldBeGreaterThanOrEqualTo(shown.LastIndexOf(CursorHidden));
        shown.ShouldEndWith("\n");
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
    }

    [Fact]
    public async Task New_BlueFirst_HasItsNormalisationInTheSameOrder()
    {
        var (code, output) = await New(Brightness().ToByteArray(), ["--values", "imagenet", "--bgr", "--source", "a", "--licence", "b"]);

        code.ShouldBe(0, output);
        var input = ManifestReader.ReadFolder(Package).Manifest.Inputs[0];
        input.Mean.ShouldBe([0.406f, 0.456f, 0.485f]);
        input.Std.ShouldBe([0.225f, 0.224f, 0.229f]);
    }

    [Fact]
    public async Task New_NoPictures_IsAPackageWithoutSamplesThatPassesItsCheck()
    {
        var network = Of(End("features", "n", 4), End("out", "n", 4), [Node("Sigmoid", ["features"], "out")]);
        var (code, output) = await New(network.ToByteArray(), ["--source", "a", "--licence", "b", "--kind", "out=embedding"]);

        code.ShouldBe(0, output);
        var (checkedCode, told) = await _commands.Run("model", "check", Package);
        checkedCode.ShouldBe(0, told);
    }

    /// <summary>Three numbers twice, and 192.</summary>
    private static ModelProto ThreeVectors()
    {
        var network = Of(End("image", "n", 3, 8, 8), End("colour", "n", 3), [
            Node("ReduceMean", ["image"], "colour", Ints("axes", 2, 3), Int("keepdims", 0)),
            Node("ReduceMax", ["image"], "light", Ints("axes", 2, 3), Int("keepdims", 0)),
            Node("Flatten", ["image"], "flat")]);
        network.Graph.Output.Add([End("light", "n", 3), End("flat", "n", 192)]);
        return network;
    }

    private async Task<(int Code, string Output)> New(byte[] network, string[] switches)
    {
        await File.WriteAllBytesAsync(_folder["net.onnx"], network, TestContext.Current.CancellationToken);
        return await _commands.Run(["model", "new", "bright", "--from", _folder["net.onnx"], "--into", Package, .. switches]);
    }
}
