using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Espresso.Cli.Graphs;

/// <summary>Makes a network of one fixed picture size and batch into one of another size and any batch.</summary>
/// <remarks>
/// For convolutional networks whose only sizes are those that feed their Resize nodes: such a constant grows with the input. What only the
/// dropped outputs need goes too. Half-precision weights become float32: the CPU computes in float32 anyway and would convert at every run.
/// </remarks>
internal sealed class GraphEditor
{
    private const int Float = 1;
    private const int Int64 = 7;
    private const int Float16 = 10;

    private readonly GraphProto _graph;
    private readonly Dictionary<string, NodeProto> _producers;

    private GraphEditor(GraphProto graph)
    {
        _graph = graph;
        _producers = graph.Node.SelectMany(node => node.Output.Select(output => (output, node))).ToDictionary(StringComparer.Ordinal);
    }

    /// <param name="size">Pixels of a side of the input, [n, 3, size, size] afterwards.</param>
    /// <exception cref="CliException">The graph is not of this kind; the message says what is in the way.</exception>
    public static void Resize(ModelProto model, int size)
    {
        if (model.Graph is not { Input: [{ } input, ..], Output: [_, ..] } graph)
            throw new CliException("the file holds no network");
        if (Sides(input) is not [_, _, { DimValue: > 0 and var height }, { DimValue: var width }] || height != width)
            throw new CliException($"input '{input.Name}' is not [n, channels, size, size]");
        var editor = new GraphEditor(graph);
        editor.ScaleSizes(size, height);
        editor.KeepFirstOutput();
        editor.ToFloat32();
        foreach (var end in new[] { input, graph.Output[0] })
        {
            var sides = Sides(end);
            sides[0].DimParam = "n";
            sides[2].DimValue = sides[2].DimValue * size / height;
            sides[3].DimValue = sides[3].DimValue * size / height;
        }

        graph.ValueInfo.Clear(); // shapes in between are no longer what they were; a runtime infers them
    }

    private static Google.Protobuf.Collections.RepeatedField<TensorShapeProto.Types.Dimension> Sides(ValueInfoProto end) =>
        end.Type?.TensorType?.Shape?.Dim ?? throw new CliException($"'{end.Name}' has no shape");

    /// <summary>A Resize's target is put together from the tensor's own leading dimensions and constant sides.</summary>
    private void ScaleSizes(long size, long was)
    {
        var scaled = new HashSet<TensorProto>(ReferenceEqualityComparer.Instance);
        foreach (var resize in _graph.Node.Where(node => node.OpType == "Resize"))
        {
            if (resize.Input.Count < 4 || !_producers.TryGetValue(resize.Input[3], out var target) || target.OpType != "Concat")
                throw new CliException($"node '{resize.Name}' does not resize to sizes that are put together from constants");
            foreach (var part in target.Input)
            {
                if (_producers.GetValueOrDefault(part)?.OpType != "Slice")
                    Scale(ConstantOf(part), size, was, scaled);
            }
        }
    }

    private TensorProto ConstantOf(string name)
    {
        if (_producers.TryGetValue(name, out var node))
        {
            if (node.OpType == "Cast")
                return ConstantOf(node.Input[0]);
            if (node.OpType == "Constant" && node.Attribute.FirstOrDefault(attribute => attribute.T is not null)?.T is { } constant)
                return constant;
        }

        return _graph.Initializer.FirstOrDefault(tensor => tensor.Name == name)
            ?? throw new CliException($"'{name}', a side of a Resize, is no constant");
    }

    private static void Scale(TensorProto tensor, long size, long was, HashSet<TensorProto> scaled)
    {
        if (!scaled.Add(tensor))
            return; // several nodes share a constant
        if (tensor.DataType != Int64)
            throw new CliException($"the sides '{tensor.Name}' are of type {tensor.DataType}, not int64");
        var sides = tensor.HasRawData ? [.. MemoryMarshal.Cast<byte, long>(tensor.RawData.Span)] : tensor.Int64Data.ToArray();
        for (var i = 0; i < sides.Length; i++)
        {
            if (sides[i] * size % was != 0)
                throw new CliException($"a side of {sides[i]} at {was} has no whole counterpart at {size}");
            sides[i] = sides[i] * size / was;
        }

        tensor.Int64Data.Clear();
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(sides));
    }

    private void KeepFirstOutput()
    {
        while (_graph.Output.Count > 1)
            _graph.Output.RemoveAt(_graph.Output.Count - 1);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([_graph.Output[0].Name]);
        while (open.TryPop(out var name))
        {
            if (needed.Add(name) && _producers.TryGetValue(name, out var node))
            {
                foreach (var input in node.Input)
                    open.Push(input);
            }
        }

        Keep(_graph.Node, node => node.Output.Any(needed.Contains));
        Keep(_graph.Initializer, tensor => needed.Contains(tensor.Name));
    }

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> field, Func<T, bool> wanted)
    {
        var kept = field.Where(wanted).ToList();
        field.Clear();
        field.AddRange(kept);
    }

    private void ToFloat32()
    {
        foreach (var tensor in _graph.Initializer)
            ToFloat32(tensor);
        foreach (var node in _graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                if (attribute.T is not null)
                    ToFloat32(attribute.T);
                if (node.OpType == "Cast" && attribute is { Name: "to", I: Float16 })
                    attribute.I = Float; // from float32 to float32: a runtime drops it
            }
        }
    }

    private static void ToFloat32(TensorProto tensor)
    {
        if (tensor.DataType != Float16)
            return;
        if (!tensor.HasRawData)
            throw new CliException($"the weights '{tensor.Name}' are not stored as raw bytes");
        var halves = tensor.RawData.Span;
        var floats = new byte[halves.Length * 2];
        for (var i = 0; i < halves.Length; i += 2)
            BinaryPrimitives.WriteSingleLittleEndian(floats.AsSpan(2 * i), (float)BinaryPrimitives.ReadHalfLittleEndian(halves[i..]));
        tensor.DataType = Float;
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(floats);
    }
}
