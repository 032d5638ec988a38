using System.Runtime.InteropServices;
using Espresso.Cli.Client;
using Espresso.Cli.Packages;
using Espresso.Manifests;
using Inference;

namespace Espresso.Cli.Checking;

/// <summary>Makes items for a network to run on: its sample pictures, and made-up ones.</summary>
/// <param name="metadata">What the minion says of the network.</param>
internal sealed class NetworkItems(ModelPackage package, ModelMetadataResponse metadata)
{
    private readonly Manifest _manifest = package.Manifest;

    /// <summary>The inputs of each sample, decoded as the mesh does it; without samples one made-up item.</summary>
    /// <exception cref="PackageException">A sample is no picture.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<ItemTensor>>> Samples(PictureClient pictures, CancellationToken cancellation)
    {
        var items = new List<IReadOnlyList<ItemTensor>>();
        var faults = new List<string>();
        foreach (var sample in _manifest.Samples)
        {
            var inputs = new List<ItemTensor>();
            foreach (var input in _manifest.Inputs)
            {
                var file = input.Kind == InputKind.Mask ? sample.Mask! : sample.Image;
                try
                {
                    inputs.Add(input.Kind == InputKind.Tensor
                        ? Filled(input, Noise)
                        : Pixels(input, (await pictures.Decode(await File.ReadAllBytesAsync(package.PathOf(file), cancellation), TensorSpecs.Of(input), cancellation)).Pixels));
                }
                catch (CliException error)
                {
                    faults.Add($"{file}: {error.Message}");
                }
            }

            items.Add(inputs);
        }

        if (faults.Count > 0)
            throw new PackageException(faults);
        return items.Count > 0 ? items : [Like(Noise)];
    }

    /// <summary>An item with every byte (or number) from <paramref name="value"/>, which gets its position.</summary>
    public IReadOnlyList<ItemTensor> Like(Func<int, byte> value) => [.. _manifest.Inputs.Select(input => Filled(input, value))];

    /// <summary>An item in the network's own float32, made like <see cref="Like"/>; null where an input is not of floats.</summary>
    public IReadOnlyList<ItemTensor>? Floats(Func<int, float> value)
    {
        var inputs = new List<ItemTensor>();
        foreach (var tensor in _manifest.Inputs.Select(Tensor))
        {
            if (tensor.Datatype != "FP32")
                return null;
            var shape = ItemShape(tensor);
            var floats = new float[shape.Aggregate(1L, (product, side) => product * side)];
            for (var i = 0; i < floats.Length; i++)
                floats[i] = value(i);
            inputs.Add(new ItemTensor(tensor.Name, "FP32", shape, MemoryMarshal.AsBytes<float>(floats).ToArray()));
        }

        return inputs;
    }

    /// <summary>The same picture upside down.</summary>
    public static IReadOnlyList<ItemTensor> Reversed(IReadOnlyList<ItemTensor> item) =>
        [.. item.Select(tensor => tensor.Datatype == "UINT8" ? tensor with { Bytes = [.. tensor.Bytes.Reverse()] } : tensor)];

    /// <summary>Noise with a fixed seed.</summary>
    public static byte Noise(int at)
    {
        var x = unchecked(((uint)at + 1) * 2654435761u);
        x ^= x >> 15;
        return (byte)(unchecked(x * 2246822519u) >> 24);
    }

    private ItemTensor Filled(InputSpec input, Func<int, byte> value)
    {
        if (input.Kind != InputKind.Tensor)
            return Pixels(input, Bytes(input.Height * input.Width * input.ChannelCount, value));
        var tensor = Tensor(input);
        var shape = ItemShape(tensor);
        var count = (int)shape.Aggregate(1L, (product, side) => product * side);
        // Of whole numbers none but 0 is surely legal: they may be indices.
        return tensor.Datatype == "FP32"
            ? new ItemTensor(input.Name, "FP32", shape, MemoryMarshal.AsBytes<float>(Array.ConvertAll(Bytes(count, value), one => one / 255f)).ToArray())
            : new ItemTensor(input.Name, tensor.Datatype, shape, new byte[count * BytesOf(tensor.Datatype)]);
    }

    private static ItemTensor Pixels(InputSpec input, byte[] pixels) =>
        new(input.Name, "UINT8", [input.Height, input.Width, input.ChannelCount], pixels);

    private ModelMetadataResponse.Types.TensorMetadata Tensor(InputSpec input) => metadata.Inputs.First(tensor => tensor.Name == input.Name);

    /// <summary>Sides that the network leaves open are those that the manifest declares, else 1.</summary>
    private long[] ItemShape(ModelMetadataResponse.Types.TensorMetadata tensor)
    {
        var input = _manifest.Inputs.First(input => input.Name == tensor.Name);
        IReadOnlyList<long> declared = input.Kind == InputKind.Tensor ? input.Shape
            : input.Layout == TensorLayout.Nchw ? [input.ChannelCount, input.Height, input.Width] : [input.Height, input.Width, input.ChannelCount];
        return [.. tensor.Shape.Skip(1).Select((side, i) => side > 0 ? side : i < declared.Count ? declared[i] : 1)];
    }

    private static byte[] Bytes(int count, Func<int, byte> value)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = value(i);
        return bytes;
    }

    private static int BytesOf(string datatype) => datatype switch
    {
        "BOOL" or "INT8" or "UINT8" => 1,
        "INT16" or "UINT16" or "FP16" or "BF16" => 2,
        "INT32" or "UINT32" or "FP32" => 4,
        _ => 8,
    };
}
