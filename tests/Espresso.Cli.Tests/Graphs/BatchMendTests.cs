using System.Runtime.InteropServices;
using Espresso.Cli.Graphs;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Graphs;

public sealed class BatchMendTests
{
    [Fact]
    public void Apply_FixedBatch_OpensTheEndsAndTheReshapesOfPictures()
    {
        var model = Of(
            End("image", "1", 3, 8, 8), End("map", "1", 192),
            [
                Node("Reshape", ["weights", "row"], "scale"),
                Node("Reshape", ["image", "flat"], "line"),
                Node("Mul", ["line", "scale"], "map"),
            ],
            Floats("weights", [192], new float[192]), Longs("row", 1, 192), Longs("flat", 1, -1));

        BatchMend.Apply(model).ShouldBe(1);

        model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimParam.ShouldBe("n");
        model.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam.ShouldBe("n");
        Shape("flat").ShouldBe([0, -1]);
        Shape("row").ShouldBe([1, 192]); // weights have no batch

        long[] Shape(string name) => MemoryMarshal.Cast<byte, long>(model.Graph.Initializer.Single(tensor => tensor.Name == name).RawData.Span).ToArray();
    }

    [Fact]
    public void Apply_VariableBatch_IsRefused() =>
        Should.Throw<CliException>(() => BatchMend.Apply(Brightness())).Message.ShouldBe("the batch is variable already");
}
