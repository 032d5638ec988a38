using Espresso.Cli.Graphs;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>What no package is made of, and nothing is left of.</summary>
public sealed partial class NewCommandTests
{
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
    public async Task New_NamesThatFitTwoOutputs_AreNotGuessed()
    {
        await File.WriteAllTextAsync(_folder["names.txt"], "a\nb\nc\n", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliException>(New(ThreeVectors().ToByteArray(), [.. Told, "--labels", _folder["names.txt"]]))).Message.ShouldBe(
            $"{_folder["names.txt"]} has 3 names, but of the network's outputs 'colour' gives 3, 'light' gives 3, 'flat' gives 192; say which is meant: --labels colour={_folder["names.txt"]}");
        Directory.Exists(_folder["bright"]).ShouldBeFalse();
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
}
