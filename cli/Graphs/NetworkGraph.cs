using Espresso.Manifests;
using Google.Protobuf;

namespace Espresso.Cli.Graphs;

/// <summary>A tensor at an end of the graph.</summary>
/// <param name="ElementType">ONNX's number, of which <see cref="Types"/> has the names.</param>
/// <param name="Sides">With the batch first; null where a side is variable. Empty: the file does not say.</param>
/// <param name="Operator">What makes an output's numbers, or what first takes an input: "Sigmoid".</param>
internal sealed record NetworkEnd(string Name, int ElementType, IReadOnlyList<long?> Sides, string Operator)
{
    public const int Float32 = 1;
    public const int Uint8 = 2;

    /// <summary>By ONNX's numbers, from 1 on.</summary>
    private static readonly string[] Types = ["float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"];

    public bool HasFixedBatch => Sides is [not null, ..];

    /// <summary>Three channels, height and width, or the channels last: one picture, and no side for a batch. A first side of 1 is more likely a batch.</summary>
    public bool IsOnePicture => Sides is [3, > 4, > 4] or [> 4, > 4, 3];

    /// <summary>Numbers with a fraction, though not of the kind that is served.</summary>
    public bool IsOtherFloat => Type is "float16" or "float64" or "bfloat16";

    private string Type => ElementType >= 1 && ElementType <= Types.Length ? Types[ElementType - 1] : "of an unknown type";

    /// <summary>"'x' [n, 3, 224, 224]"; "'y' [n, 5] float16".</summary>
    public override string ToString()
    {
        var sides = Sides.Count == 0 ? "of no told shape" : $"[{string.Join(", ", Sides.Select((side, i) => side is { } fixedSide ? $"{fixedSide}" : i == 0 ? "n" : "?"))}]";
        return $"'{Name}' {sides}{(ElementType == Float32 ? "" : $" {Type}")}";
    }
}

/// <summary>What an ONNX file says of itself without being run.</summary>
internal sealed class NetworkGraph
{
    private const int InAnotherFile = 1;

    /// <summary>What gives on the numbers that it takes, in another form: exporters and converters put them behind the last one that counts.</summary>
    private static readonly HashSet<string> PassingOn = new(["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"], StringComparer.Ordinal);

    private NetworkGraph(ModelProto model)
    {
        Model = model;
        var graph = model.Graph;
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal); // old files list them among the inputs
        Inputs = [.. graph.Input.Where(input => !weights.Contains(input.Name)).Select(input => End(input, graph.Node.FirstOrDefault(node => node.Input.Contains(input.Name))))];
        Outputs = [.. graph.Output.Select(output => End(output, Maker(graph, output.Name)))];
    }

    public ModelProto Model { get; }

    public IReadOnlyList<NetworkEnd> Inputs { get; }

    public IReadOnlyList<NetworkEnd> Outputs { get; }

    /// <summary>"opset 13, by pytorch 2.1".</summary>
    public string Origin
    {
        get
        {
            var opset = Model.OpsetImport.FirstOrDefault(import => import.Domain.Length == 0)?.Version;
            var producer = $"{Model.ProducerName} {Model.ProducerVersion}".Trim();
            return $"opset {opset?.ToString() ?? "unknown"}{(producer.Length > 0 ? $", by {producer}" : "")}";
        }
    }

    /// <exception cref="CliException">It could not be served: it has no side for a batch, or its weights lie elsewhere.</exception>
    public void MustBeServable()
    {
        if (Model.Graph.Initializer.Any(weights => weights.DataLocation == InAnotherFile))
            throw new CliException("the graph keeps its weights in files of their own, which no checksum would cover; make it one file: "
                + "python3 -c \"import onnx; onnx.save(onnx.load('model.onnx'), 'one.onnx')\"");
        if (Inputs.FirstOrDefault(input => input.IsOnePicture) is { } one)
            throw new CliException($"input {one} is one picture without a side for the batch; export the network with one in front");
    }

    /// <exception cref="CliException">It is no ONNX file, or one without a graph.</exception>
    public static NetworkGraph Read(string path)
    {
        if (!RegularFile.OrNone(path))
            throw new CliException($"{path} cannot be read: it is a folder, a pipe, a socket or a device, and no file");
        try
        {
            using var file = File.OpenRead(path);
            var model = ModelProto.Parser.ParseFrom(file);
            return model.Graph is { Input.Count: > 0, Output.Count: > 0 } ? new NetworkGraph(model) : throw new CliException($"{path} holds no network");
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new CliException($"{path} is no ONNX file: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static NodeProto? Maker(GraphProto graph, string tensor)
    {
        NodeProto? maker = null;
        for (var left = graph.Node.Count; left > 0; left--) // a graph has no circles, but a file may
        {
            if (graph.Node.FirstOrDefault(node => node.Output.Contains(tensor)) is not { } node)
                break;
            maker = node;
            if (!PassingOn.Contains(node.OpType) || node.Input.Count == 0)
                break;
            tensor = node.Input[0];
        }

        return maker;
    }

    private static NetworkEnd End(ValueInfoProto end, NodeProto? node) => new(
        end.Name,
        end.Type?.TensorType?.ElemType ?? 0,
        [.. (end.Type?.TensorType?.Shape?.Dim ?? []).Select(side => side.HasDimValue && side.DimValue > 0 ? side.DimValue : (long?)null)],
        node?.OpType ?? "");
}
