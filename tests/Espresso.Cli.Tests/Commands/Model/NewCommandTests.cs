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

    [Theory]
    [InlineData(10, 1, "input 'image' [n, 3, 8, 8] float16 would be a picture, but those come as float32 or uint8")]
    [InlineData(1, 10, "none of the outputs can be served: 'map' [n, 1, 8, 8] float16;")]
    public async Task New_EndsOfAnotherType_AreNamedWithTheMend(int input, int output, string told)
    {
        var network = Brightness();
        network.Graph.Input[0].Type.TensorType.ElemType = input;
        network.Graph.Output[0].Type.TensorType.ElemType = output;

        var error = await Should.ThrowAsync<CliException>(New(network.ToByteArray(), Told));

        error.Message.ShouldStartWith(told);
        error.Message.ShouldContain("keep_io_types=True");
    }

    [Fact]
    public async Task New_WrongNumberOfNames_SaysHowMany()
    {
        await File.WriteAllTextAsync(_folder["names.txt"], "a\nb\n", TestContext.Current.CancellationToken);
        var network = Of(End("image", "n", 3, 8, 8), End("logits", "n", 3), [Node("ReduceMean", ["image"], "logits", Ints("axes", 2, 3), Int("keepdims", 0))]);

        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), [.. Told, "--labels", _folder["names.txt"]])))
            .Message.ShouldEndWith("has 2 names; of the network's outputs 'logits' gives 3");
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
    public async Task New_NamesThatFitTwoOutputs_AreNotGuessed()
    {
        await File.WriteAllTextAsync(_folder["names.txt"], "a\nb\nc\n", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(New(ThreeVectors().ToByteArray(), [.. Told, "--labels", _folder["names.txt"]]))).Message.ShouldBe(
            $"{_folder["names.txt"]} has 3 names, but of the network's outputs 'colour' gives 3, 'light' gives 3, 'flat' gives 192; say which is meant: --labels colour={_folder["names.txt"]}");
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
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

    [Theory]
    [InlineData("--range", "map=abc", "--range map=abc: two numbers")]
    [InlineData("--range", "map=0", "--range map=0: two numbers")]
    [InlineData("--range", "map=1,0", "--range map=1,0: two numbers")]
    [InlineData("--range", "map=0,1]", "--range map=0,1]: two numbers")]
    [InlineData("--range", "map=0,Infinity", "--range map=0,Infinity: two numbers")]
    [InlineData("--kind", "map=picture", "--kind map=picture: one of map, mask, image")]
    [InlineData("--kind", "map=labels", "--kind map=labels: 'map' [n, 1, 8, 8] cannot be that")]
    [InlineData("--labels", "logits=names.txt", "--labels logits=names.txt: there is no such file, and no output of that name")]
    public async Task New_WrongSwitch_IsRefusedBeforeAnythingIsWritten(string name, string value, string told)
    {
        (await Should.ThrowAsync<CliException>(New(Brightness().ToByteArray(), [.. Told, name, value]))).Message.ShouldStartWith(told);
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
    }

    [Fact]
    public async Task New_DraftThatCannotBeRead_IsRefusedBeforeAnythingIsWritten()
    {
        var network = Brightness();
        network.Graph.Node.Add(Node("Identity", ["map"], "MAP"));
        network.Graph.Output.Add(End("MAP", "n", 1, 8, 8));

        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), Told))).Message.ShouldContain("'map' stands here twice");
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
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
    public async Task New_FolderIsThere_IsLeftAlone()
    {
        Directory.CreateDirectory(Package);
        await File.WriteAllTextAsync(Path.Combine(Package, "a"), "", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(New(Brightness().ToByteArray(), Told))).Message.ShouldContain("is there already; a version is never changed, take the next: --version 0.2");
    }

    [Fact]
    public async Task New_NoNetwork_SaysSo() =>
        (await Should.ThrowAsync<CliException>(New([1, 2, 3], Told))).Message.ShouldContain("is no ONNX file");

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
    public async Task New_OnePictureWithoutABatch_IsRefused()
    {
        var network = Of(End("image", "3", 32, 32), End("out", "3", 32, 32), [Node("Sigmoid", ["image"], "out")]);
        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), [.. Told, "--mend-batch"]))).Message.ShouldContain("one picture without a side for the batch");
        Directory.Exists(Package).ShouldBeFalse();
    }

    [Fact]
    public async Task New_WeightsInAnotherFile_AreRefused()
    {
        var network = Brightness();
        network.Graph.Initializer.Add(new TensorProto { Name = "w", DataLocation = 1 });
        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), Told))).Message.ShouldContain("make it one file");
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

    [Fact]
    public async Task New_UnknownOutput_IsNamed() =>
        (await Should.ThrowAsync<CliException>(New(Brightness().ToByteArray(), [.. Told, "--kind", "nope=map"]))).Message.ShouldContain("there is no output 'nope'");

    [Fact]
    public async Task New_NamesThatAreNoUtf8_AreNotGuessed()
    {
        await File.WriteAllBytesAsync(_folder["names.txt"], [(byte)'a', 0xff, (byte)'\n', (byte)'b', (byte)'\n', (byte)'c'], TestContext.Current.CancellationToken);
        var network = Of(End("image", "n", 3, 8, 8), End("logits", "n", 3), [Node("ReduceMean", ["image"], "logits", Ints("axes", 2, 3), Int("keepdims", 0))]);
        (await Should.ThrowAsync<CliException>(New(network.ToByteArray(), [.. Told, "--labels", _folder["names.txt"]]))).Message.ShouldContain("is no UTF-8 text");
    }

    [Fact]
    public async Task New_SampleThatIsNotThere_LeavesNothing()
    {
        (await Should.ThrowAsync<CliException>(New(Brightness().ToByteArray(), [.. Told, "--sample", _folder["none.jpg"]]))).Message.ShouldBe($"there is no file {_folder["none.jpg"]}");
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("Bad Name")]
    [InlineData("")]
    public async Task New_WrongName_IsRefusedBeforeAnythingIsWritten(string name)
    {
        await File.WriteAllBytesAsync(_folder["net.onnx"], Brightness().ToByteArray(), TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<CliException>(_commands.Run(["model", "new", name, "--from", _folder["net.onnx"], "--into", Package, .. Told])))
            .Message.ShouldContain("cannot be a name");
        Directory.Exists(Package).ShouldBeFalse();
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
