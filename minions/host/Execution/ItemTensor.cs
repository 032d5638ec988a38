using Espresso.Wire;

namespace Espresso.Minions.Execution;

/// <summary>The element types that travel: name on the wire and bytes each.</summary>
internal enum Datatype
{
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Bf16,
    Fp32,
    Fp64,
}

internal static class Datatypes
{
    public static bool TryParse(string name, out Datatype datatype) =>
        Enum.TryParse(name, ignoreCase: true, out datatype) && string.Equals(datatype.ToString(), name, StringComparison.OrdinalIgnoreCase);

    public static string WireName(this Datatype datatype) => datatype.ToString().ToUpperInvariant();

    public static int Bytes(this Datatype datatype) => datatype switch
    {
        Datatype.Bool or Datatype.Uint8 or Datatype.Int8 => 1,
        Datatype.Uint16 or Datatype.Int16 or Datatype.Fp16 or Datatype.Bf16 => 2,
        Datatype.Uint32 or Datatype.Int32 or Datatype.Fp32 => 4,
        _ => 8,
    };
}

/// <summary>One input of a request: its bytes as they came.</summary>
/// <param name="Datatype">The network's own, or UINT8 for a picture that is normalised here.</param>
/// <param name="ItemShape">Without the batch axis, in the network's layout.</param>
internal sealed record ItemInput(Datatype Datatype, long[] ItemShape, Payload Payload);

/// <summary>One requested output.</summary>
/// <param name="Index">Among the network's outputs.</param>
/// <param name="Datatype">FP32 or the network's own: as it is. UINT8, UINT16: quantised, [rows, height, width, channels].</param>
internal sealed record OutputRequest(int Index, Datatype Datatype);

/// <summary>One output of a request, ready to be sent.</summary>
/// <param name="Low">The value that 0 stands for, where it was quantised.</param>
/// <param name="High">The value that full scale stands for.</param>
internal sealed record ItemOutput(OutputRequest Request, long[] Shape, Payload Payload, float Low, float High);
