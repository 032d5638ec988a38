using System.Runtime.InteropServices;
using Espresso.Cli.Graphs;
using Google.Protobuf;

namespace Espresso.Cli.Tests.Graphs;

/// <summary>A network of the kind that is edited: half precision inside, one Resize to a constant size, two outputs.</summary>
internal static class Graph
{
    public static ModelProto OfSize(int size, int side) => new()
    {
        Graph = new GraphProto
        {
            Input = { End("input", size, 3) },
            Output = { End("output", size, 1), End("second", size, 1) },
            ValueInfo = { End("inner", size, 1) },
            Initializer = { Half("weights", 0.5f), Half("only_second", 2f) },
            Node =
            {
                Node("Cast", ["input"], "input16", to: 10),
                Node("Conv", ["input16", "weights"], "inner"),
                Node("Constant", [], "start", constant: Sides(0)),
                Node("Shape", ["inner"], "shape"),
                Node("Slice", ["shape", "start"], "leading"),
                Node("Constant", [], "sides", constant: Sides(side, side)),
                Node("Cast", ["sides"], "sides64", to: 7),
                Node("Concat", ["leading", "sides64"], "target"),
                Node("Resize", ["inner", "", "", "target"], "output"),
                Node("Mul", ["inner", "only_second"], "second"),
            },
        },
    };

    public static long[] SidesOf(ModelProto model)
    {
        var constant = model.Graph.Node.First(node => node.Output.Contains("sides")).Attribute[0].T;
        return MemoryMarshal.Cast<byte, long>(constant.RawData.Span).ToArray();
    }

    private static ValueInfoProto End(string name, int size, int channels) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = 1,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        new[] { 1, channels, size, size }.Select(side => new TensorShapeProto.Types.Dimension { DimValue = side }),
                    },
                },
            },
        },
    };

    private static TensorProto Half(string name, float value)
    {
        var bytes = new byte[2];
        System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
        return new TensorProto { Name = name, DataType = 10, Dims = { 1 }, RawData = ByteString.CopyFrom(bytes) };
    }

    private static TensorProto Sides(params long[] sides) =>
        new() { DataType = 7, Dims = { sides.Length }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(sides)) };

    private static NodeProto Node(string type, string[] inputs, string output, long? to = null, TensorProto? constant = null)
    {
        var node = new NodeProto { OpType = type, Name = $"{type} of {output}", Input = { inputs }, Output = { output } };
        if (to is { } target)
            node.Attribute.Add(new AttributeProto { Name = "to", I = target });
        if (constant is not null)
            node.Attribute.Add(new AttributeProto { Name = "value", T = constant });
        return node;
    }
}
