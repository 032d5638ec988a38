using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Espresso.Cli.Graphs;

/// <summary>Makes the batch of a network variable that was exported with a fixed one.</summary>
/// <remarks>
/// The first side of every input and output becomes variable, and a Reshape to a constant shape that begins with the old batch takes its
/// tensor's own first side instead. That is what exports fix; whether it was all shows when a batch runs (<c>espresso model check</c>).
/// </remarks>
internal static class BatchMend
{
    private const long AsItComes = 0; // ONNX: a 0 in Reshape's shape copies the side from the input
    private const int Int64 = 7;

    /// <returns>How many Reshape nodes were changed.</returns>
    public static int Apply(ModelProto model)
    {
        var graph = model.Graph;
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var ends = graph.Input.Where(input => !weights.Contains(input.Name)).Concat(graph.Output).ToList();
        var batch = ends.Select(end => end.Type?.TensorType?.Shape?.Dim.FirstOrDefault()).FirstOrDefault(side => side is { HasDimValue: true })?.DimValue
            ?? throw new CliException("the batch is variable already");
        foreach (var side in ends.Select(end => end.Type?.TensorType?.Shape?.Dim.FirstOrDefault()).OfType<TensorShapeProto.Types.Dimension>())
            side.DimParam = "n";
        graph.ValueInfo.Clear(); // shapes in between are no longer what they were; a runtime infers them

        var carried = Carried(graph);
        var changed = 0;
        foreach (var reshape in graph.Node.Where(node => node.OpType == "Reshape" && node.Input.Count > 1 && carried.Contains(node.Input[0])))
        {
            if (Shape(graph, reshape.Input[1]) is { } shape && Open(shape, batch))
                changed++;
        }

        return changed;
    }

    /// <summary>The tensors that pictures flow through: what is computed from weights alone, or from shapes, has no batch.</summary>
    private static HashSet<string> Carried(GraphProto graph)
    {
        var carried = graph.Input.Select(input => input.Name).Except(graph.Initializer.Select(tensor => tensor.Name), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => node.OpType is not ("Shape" or "Size") && node.Input.Any(carried.Contains)))
            carried.UnionWith(node.Output); // ONNX lists nodes in an order in which they can run
        return carried;
    }

    private static TensorProto? Shape(GraphProto graph, string name) =>
        graph.Initializer.FirstOrDefault(tensor => tensor.Name == name)
        ?? graph.Node.FirstOrDefault(node => node.OpType == "Constant" && node.Output.Contains(name))?.Attribute.FirstOrDefault(attribute => attribute.T is not null)?.T;

    private static bool Open(TensorProto shape, long batch)
    {
        if (shape.DataType != Int64)
            return false;
        var sides = shape.HasRawData ? [.. MemoryMarshal.Cast<byte, long>(shape.RawData.Span)] : shape.Int64Data.ToArray();
        if (sides.Length < 2 || sides[0] != batch)
            return false;
        sides[0] = AsItComes;
        shape.Int64Data.Clear();
        shape.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(sides));
        return true;
    }
}
