using System.Runtime.InteropServices;

namespace Espresso.Cli.Client;

/// <summary>An input of one item as it goes over the wire.</summary>
/// <param name="Datatype">UINT8 [height, width, channels] for pictures, as the coordinator sends them; else the network's own.</param>
/// <param name="Shape">Without the batch axis.</param>
internal sealed record ItemTensor(string Name, string Datatype, long[] Shape, byte[] Bytes);

/// <summary>An output of a run.</summary>
/// <param name="Shape">With the batch axis first.</param>
internal sealed record RunOutput(string Name, string Datatype, long[] Shape, byte[] Bytes)
{
    /// <summary>The values of one row.</summary>
    public float[] Row(int row)
    {
        var values = Values();
        var one = values.Length / (int)Shape[0];
        return values.AsSpan(row * one, one).ToArray();
    }

    /// <summary>All rows' values.</summary>
    public float[] Values() => Datatype switch
    {
        "FP32" => MemoryMarshal.Cast<byte, float>(Bytes).ToArray(),
        "FP16" => Each<Half>(value => (float)value),
        "FP64" => Each<double>(value => (float)value),
        "INT64" => Each<long>(value => value),
        "INT32" => Each<int>(value => value),
        "INT16" => Each<short>(value => value),
        "UINT16" => Each<ushort>(value => value),
        "INT8" => Each<sbyte>(value => value),
        "UINT8" or "BOOL" => Each<byte>(value => value),
        _ => throw new CliException($"output '{Name}' has elements of type {Datatype}, which the check cannot compare"),
    };

    private float[] Each<T>(Func<T, float> convert)
        where T : unmanaged => Array.ConvertAll(MemoryMarshal.Cast<byte, T>(Bytes).ToArray(), value => convert(value));
}

/// <summary>What a run gave.</summary>
/// <param name="Compute">Time of the batch on the device.</param>
internal sealed record RunResult(IReadOnlyList<RunOutput> Outputs, TimeSpan Compute);
