using System.Runtime.InteropServices;
using Espresso.Cli.Graphs;
using Google.Protobuf;

namespace Espresso.Cli.Tests.Graphs;

/// <summary>Small networks that a runtime runs, opset 13, from "image" [n, 3, 8, 8] (or as told) to "map" [n, 1, 8, 8].</summary>
internal static class Networks
{
    private const int Float = 1;
    private const int Int64 = 7;

    /// <summary>Brightness: the mean of the channels.</summary>
    public static ModelProto Brightness(string batch = "n") => Of([Gray("map")], batch);

    /// <summary>Brightness, then what <paramref name="nodes"/> make of "gray".</summary>
    public static ModelProto After(params NodeProto[] nodes) => Of([Gray("gray"), .. nodes]);

    public static NodeProto Node(string type, string[] inputs, string output, params AttributeProto[] attributes) =>
        new() { OpType = type, Name = $"{type} of {output}", Input = { inputs }, Output = { output }, Attribute = { attributes } };

    public static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = 7, Ints = { values } };

    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = 2, I = value };

    public static AttributeProto Tensor(string name, TensorProto tensor) => new() { Name = name, Type = 4, T = tensor };

    public static TensorProto Floats(string name, long[] sides, params float[] values) =>
        new() { Name = name, DataType = Float, Dims = { sides }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)) };

    public static TensorProto Longs(string name, params long[] values) =>
        new() { Name = name, DataType = Int64, Dims = { values.Length }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)) };

    public static ModelProto Of(NodeProto[] nodes, string batch = "n", params TensorProto[] weights) =>
        Of(End("image", batch, 3, 8, 8), End("map", batch, 1, 8, 8), nodes, weights);

    public static ModelProto Of(ValueInfoProto input, ValueInfoProto output, NodeProto[] nodes, params TensorProto[] weights) => new()
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new GraphProto { Name = "test", Node = { nodes }, Initializer = { weights }, Input = { input }, Output = { output } },
    };

    /// <param name="batch">A name for a variable batch, or a number.</param>
    public static ValueInfoProto End(string name, string batch, params long[] sides) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = Float,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        long.TryParse(batch, out var fixedBatch) ? new TensorShapeProto.Types.Dimension { DimValue = fixedBatch } : new() { DimParam = batch },
                        sides.Select(side => new TensorShapeProto.Types.Dimension { DimValue = side }),
                    },
                },
            },
        },
    };

    private static NodeProto Gray(string output) => Node("ReduceMean", ["image"], output, Ints("axes", 1), Int("keepdims", 1));
}
