using System.Runtime.InteropServices;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Wire;

namespace Espresso.Minions.Execution;

/// <summary>The first and the last stage: requests' bytes into the batch's tensors, and the batch's tensors into replies.</summary>
/// <param name="inputs">The manifest's, in the network's order; null where the manifest does not name one.</param>
/// <param name="outputs">Likewise.</param>
internal sealed class Assembly(IReadOnlyList<InputSpec?> inputs, IReadOnlyList<OutputSpec?> outputs)
{
    /// <summary>Writes an item's inputs into the batch's rows from <paramref name="row"/> on.</summary>
    public void Write(InferItem item, BatchBuffers buffers, int row)
    {
        for (var i = 0; i < item.Inputs.Count; i++)
        {
            var room = buffers.Inputs[i];
            var itemBytes = (int)TensorMemory.ItemBytes(room.ItemShape, room.Datatype);
            var into = room.Memory.Span.Slice(row * itemBytes, item.Rows * itemBytes);
            var input = item.Inputs[i];
            if (input.Datatype == room.Datatype)
            {
                input.Payload.Span.CopyTo(into);
                continue;
            }

            // Only pictures come in another type than the network's own (the service has seen to it).
            var pixels = input.Payload.Span;
            var pixelBytes = pixels.Length / item.Rows;
            for (var r = 0; r < item.Rows; r++)
                Pixels.Normalise(pixels.Slice(r * pixelBytes, pixelBytes), inputs[i]!, MemoryMarshal.Cast<byte, float>(into.Slice(r * itemBytes, itemBytes)));
        }
    }

    /// <summary>The inputs of a batch of one request: those that came in the network's own type stay where they are.</summary>
    public IReadOnlyList<TensorMemory> InPlace(InferItem item, BatchBuffers buffers)
    {
        var tensors = new TensorMemory[item.Inputs.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var room = buffers.Inputs[i];
            var input = item.Inputs[i];
            if (input.Datatype == room.Datatype)
            {
                tensors[i] = room with { Memory = input.Payload.Memory };
                continue;
            }

            var itemBytes = (int)TensorMemory.ItemBytes(room.ItemShape, room.Datatype);
            var pixelBytes = input.Payload.Length / item.Rows;
            for (var r = 0; r < item.Rows; r++)
            {
                Pixels.Normalise(
                    input.Payload.Span.Slice(r * pixelBytes, pixelBytes), inputs[i]!,
                    MemoryMarshal.Cast<byte, float>(room.Memory.Span.Slice(r * itemBytes, itemBytes)));
            }

            tensors[i] = room;
        }

        return tensors;
    }

    /// <summary>The outputs of a batch of one request: what is wanted as it is gets written straight into its reply's payload.</summary>
    public static IReadOnlyList<TensorMemory> OutPlace(InferItem item, BatchBuffers buffers, Payload?[] direct)
    {
        var tensors = buffers.Outputs.ToArray();
        foreach (var request in item.Outputs)
        {
            var room = tensors[request.Index];
            if (request.Datatype != room.Datatype || direct[request.Index] is not null)
                continue;
            var payload = Payload.Rent(checked((int)(item.Rows * TensorMemory.ItemBytes(room.ItemShape, room.Datatype))));
            direct[request.Index] = payload;
            tensors[request.Index] = room with { Memory = payload.Memory };
        }

        return tensors;
    }

    /// <summary>An item's outputs, from the batch's rows from <paramref name="row"/> on.</summary>
    /// <param name="direct">Payloads that the network has written already, by output.</param>
    public IReadOnlyList<ItemOutput> Read(InferItem item, BatchBuffers buffers, int row, ReadOnlySpan<Payload?> direct)
    {
        var replies = new ItemOutput[item.Outputs.Count];
        for (var i = 0; i < replies.Length; i++)
        {
            var request = item.Outputs[i];
            var tensor = buffers.Outputs[request.Index];
            var itemBytes = (int)TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype);
            var written = direct.IsEmpty ? null : direct[request.Index];
            // What the network wrote into a reply's payload does not stand in the batch's buffers.
            var bytes = written is null ? tensor.Memory.Span.Slice(row * itemBytes, item.Rows * itemBytes) : written.Span;
            replies[i] = request.Datatype != tensor.Datatype
                ? Quantised(item, request, tensor, bytes)
                : new ItemOutput(request, [item.Rows, .. tensor.ItemShape], written ?? Payload.CopyOf(bytes), 0, 0);
        }

        return replies;
    }

    private ItemOutput Quantised(InferItem item, OutputRequest request, TensorMemory tensor, ReadOnlySpan<byte> bytes)
    {
        var spec = outputs[request.Index]!;
        var values = MemoryMarshal.Cast<byte, float>(bytes);
        var (low, high) = spec.Range ?? Pixels.RangeOf(values);
        var (channels, height, width) = PictureShape(tensor.ItemShape, spec.Layout);
        var payload = Payload.Rent(values.Length * request.Datatype.Bytes());
        if (request.Datatype == Datatype.Uint8)
            Write(values, low, high, item.Rows, channels, spec.Layout, payload.Span, Pixels.Quantise);
        else
            Write(values, low, high, item.Rows, channels, spec.Layout, MemoryMarshal.Cast<byte, ushort>(payload.Span), Pixels.Quantise);
        return new ItemOutput(request, [item.Rows, height, width, channels], payload, low, high);
    }

    /// <summary>Channels, height and width of an item: [c, h, w] or [h, w, c] by layout, [h, w] as one channel.</summary>
    public static (long Channels, long Height, long Width) PictureShape(long[] shape, TensorLayout layout) => shape switch
    {
        [var c, var h, var w] when layout == TensorLayout.Nchw => (c, h, w),
        [var h, var w, var c] => (c, h, w),
        [var h, var w] => (1, h, w),
        _ => throw new InvalidOperationException($"an item of {shape.Length} dimensions is no picture"),
    };

    private delegate void Quantiser<T>(ReadOnlySpan<float> values, float low, float high, Span<T> into);

    private static void Write<T>(
        ReadOnlySpan<float> values, float low, float high, int rows, long channels, TensorLayout layout, Span<T> into, Quantiser<T> quantise)
        where T : unmanaged
    {
        if (channels == 1 || layout == TensorLayout.Nhwc)
        {
            quantise(values, low, high, into);
            return;
        }

        var planes = System.Buffers.ArrayPool<T>.Shared.Rent(values.Length / rows);
        var one = values.Length / rows;
        for (var r = 0; r < rows; r++)
        {
            quantise(values.Slice(r * one, one), low, high, planes);
            Pixels.Interleave<T>(planes.AsSpan(0, one), (int)channels, into.Slice(r * one, one));
        }

        System.Buffers.ArrayPool<T>.Shared.Return(planes);
    }
}
