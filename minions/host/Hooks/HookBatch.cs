using System.Runtime.InteropServices;
using System.Text;
using Espresso.Minions.Execution;

namespace Espresso.Minions;

/// <summary>A batch on its way through the hooks. It is theirs until the last of them returns, and no longer.</summary>
public sealed class HookBatch
{
    private readonly IReadOnlyList<TensorInfo> _inputInfos;
    private readonly IReadOnlyList<TensorInfo> _outputInfos;
    private readonly IReadOnlyList<TensorMemory> _inputs;
    private readonly IReadOnlyList<TensorMemory> _outputs;
    private readonly Action _run;

    internal HookBatch(
        int rows, IReadOnlyList<TensorInfo> inputInfos, IReadOnlyList<TensorInfo> outputInfos,
        IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs, Action run)
    {
        (Rows, _inputInfos, _outputInfos, _inputs, _outputs, _run) = (rows, inputInfos, outputInfos, inputs, outputs, run);
    }

    /// <summary>Items, 1 to the manifest's <c>batching.max</c>.</summary>
    public int Rows { get; }

    /// <summary>One item's part of an input tensor, in the graph's layout, such as [3, height, width], normalised as the manifest says.</summary>
    /// <typeparam name="T">The tensor's element type: float for FP32, byte for UINT8 and BOOL, long for INT64 …</typeparam>
    /// <param name="name">The tensor's name in the graph.</param>
    /// <param name="row">0 to <see cref="Rows"/> − 1.</param>
    /// <exception cref="ArgumentException">No such tensor, another element type, or no such row.</exception>
    public Span<T> Input<T>(string name, int row)
        where T : unmanaged => Row<T>(_inputInfos, _inputs, name, row);

    /// <summary>One item's part of an output tensor, of the graph or of what a hook makes; see <see cref="Input{T}"/>.</summary>
    /// <remarks>Of what hooks make, labels and scores have a float each, embeddings <c>size</c> floats, texts <c>length</c> bytes.</remarks>
    /// <exception cref="ArgumentException">No such tensor, another element type, or no such row.</exception>
    public Span<T> Output<T>(string name, int row)
        where T : unmanaged => Row<T>(_outputInfos, _outputs, name, row);

    /// <summary>Writes one item's text into an output of kind text, as UTF-8 with zeros after its end.</summary>
    /// <exception cref="ArgumentException">No such text, or one that is longer than the manifest's <c>length</c>: half of it would say something else.</exception>
    public void SetText(string output, int row, string text)
    {
        var room = Output<byte>(output, row);
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > room.Length)
            throw new ArgumentException($"output '{output}' would be a text of {bytes} bytes, but the manifest's length is {room.Length}", nameof(text));
        room[Encoding.UTF8.GetBytes(text, room)..].Clear();
    }

    /// <summary>Runs the network once more, on the inputs as they are now; its outputs are written over. Blocks until they are there.</summary>
    public void RunNetwork() => _run();

    private Span<T> Row<T>(IReadOnlyList<TensorInfo> infos, IReadOnlyList<TensorMemory> tensors, string name, int row)
        where T : unmanaged
    {
        var index = infos.Select(info => info.Name).ToList().IndexOf(name);
        if (index < 0)
            throw new ArgumentException($"there is no tensor '{name}'; there are: {string.Join(", ", infos.Select(info => info.Name))}", nameof(name));
        var tensor = tensors[index];
        if (!Holds<T>(tensor.Datatype))
            throw new ArgumentException($"tensor '{name}' is of {tensor.Datatype.WireName()}, which is no {typeof(T).Name}", nameof(name));
        if (row < 0 || row >= Rows)
            throw new ArgumentException($"row {row} of a batch of {Rows}", nameof(row));
        var bytes = (int)TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype);
        return MemoryMarshal.Cast<byte, T>(tensor.Memory.Span.Slice(row * bytes, bytes));
    }

    private static bool Holds<T>(Datatype datatype) => typeof(T) == datatype switch
    {
        Datatype.Bool or Datatype.Uint8 => typeof(byte),
        Datatype.Uint16 or Datatype.Bf16 => typeof(ushort),
        Datatype.Uint32 => typeof(uint),
        Datatype.Uint64 => typeof(ulong),
        Datatype.Int8 => typeof(sbyte),
        Datatype.Int16 => typeof(short),
        Datatype.Int32 => typeof(int),
        Datatype.Int64 => typeof(long),
        Datatype.Fp16 => typeof(Half),
        Datatype.Fp32 => typeof(float),
        _ => typeof(double),
    };
}
