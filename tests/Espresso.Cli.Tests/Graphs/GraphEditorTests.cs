using System.Buffers.Binary;
using Espresso.Cli.Graphs;
using Google.Protobuf;

namespace Espresso.Cli.Tests.Graphs;

public sealed class GraphEditorTests
{
    [Fact]
    public void Resize_NetworkWithConstantSides_ScalesThemWithTheInput()
    {
        var model = Graph.OfSize(1024, side: 256);

        GraphEditor.Resize(model, 512);

        Graph.SidesOf(model).ShouldBe([128, 128]);
        var sides = model.Graph.Input[0].Type.TensorType.Shape.Dim;
        sides[0].DimParam.ShouldBe("n");
        sides.Skip(1).Select(side => side.DimValue).ShouldBe([3, 512, 512]);
        model.Graph.Output[0].Type.TensorType.Shape.Dim.Skip(1).Select(side => side.DimValue).ShouldBe([1, 512, 512]);
    }

    [Fact]
    public void Resize_SecondOutput_GoesWithAllThatOnlyItNeeds()
    {
        var model = Graph.OfSize(1024, side: 256);

        GraphEditor.Resize(model, 512);

        model.Graph.Output.Select(output => output.Name).ShouldBe(["output"]);
        model.Graph.Node.ShouldNotContain(node => node.OpType == "Mul");
        model.Graph.Initializer.Select(tensor => tensor.Name).ShouldBe(["weights"]);
        model.Graph.ValueInfo.ShouldBeEmpty();
    }

    [Fact]
    public void Resize_HalfPrecisionWeights_BecomeFloat32OfTheSameValue()
    {
        var model = Graph.OfSize(1024, side: 256);

        GraphEditor.Resize(model, 512);

        var weights = model.Graph.Initializer[0];
        weights.DataType.ShouldBe(1);
        BinaryPrimitives.ReadSingleLittleEndian(weights.RawData.Span).ShouldBe(0.5f);
        model.Graph.Node.First(node => node.OpType == "Cast").Attribute[0].I.ShouldBe(1);
    }

    [Fact]
    public void Resize_FieldsThatTheEditorDoesNotKnow_StayInTheFile()
    {
        // ir_version = 8 (field 1) and a producer's name (field 2) before the graph.
        byte[] head = [0x08, 8, 0x12, 3, (byte)'a', (byte)'b', (byte)'c'];
        var model = ModelProto.Parser.ParseFrom([.. head, .. Graph.OfSize(1024, side: 256).ToByteArray()]);

        GraphEditor.Resize(model, 512);

        var bytes = model.ToByteArray();
        Contains(bytes, head[..2]).ShouldBeTrue();
        Contains(bytes, head[2..]).ShouldBeTrue();
    }

    [Fact]
    public void Resize_SideWithoutAWholeCounterpart_IsRefused() =>
        Should.Throw<CliException>(() => GraphEditor.Resize(Graph.OfSize(1024, side: 3), 512)).Message.ShouldContain("3 at 1024");

    [Fact]
    public void Resize_ResizeToAComputedSize_IsRefused()
    {
        var model = Graph.OfSize(1024, side: 256);
        model.Graph.Node.First(node => node.OpType == "Concat").Input[1] = "shape";

        Should.Throw<CliException>(() => GraphEditor.Resize(model, 512)).Message.ShouldContain("no constant");
    }

    [Fact]
    public void Resize_FileWithoutAGraph_IsRefused() =>
        Should.Throw<CliException>(() => GraphEditor.Resize(new ModelProto(), 512)).Message.ShouldContain("no network");

    private static bool Contains(byte[] bytes, byte[] part) => bytes.AsSpan().IndexOf(part) >= 0;
}
