using Espresso.Manifests;
using Espresso.Minions.Execution;
using Espresso.Outputs;

namespace Espresso.Minions.Lifecycle;

/// <summary>An output of the manifest held against the network's: whether its kind can be made of such a tensor.</summary>
internal static class OutputContract
{
    /// <remarks>Whether the batch is variable, warm-up finds out: exporters say so where it is not.</remarks>
    /// <returns>What is wrong and the mend; null: nothing.</returns>
    public static string? Fault(OutputSpec output, TensorInfo tensor)
    {
        var wanted = output.Kind == OutputKind.Text ? Datatype.Uint8 : Datatype.Fp32;
        if (tensor.Datatype != wanted && !IsQuantised(output, tensor))
            return $"{Name(output)} of a network that gives {tensor.Datatype.WireName()}; {wanted.WireName()} is served: end the graph in a Cast";
        if (tensor.Shape.Length == 0)
            return null; // the graph does not say; the first run will
        return output.IsPicture ? Picture(output, tensor) : Plain(output, tensor);
    }

    /// <summary>What the network has quantised itself must lie as it is sent.</summary>
    private static bool IsQuantised(OutputSpec output, TensorInfo tensor) => output.IsPicture && output.Layout == TensorLayout.Nhwc && tensor.Shape.Length == 4
        && tensor.Datatype == (output.Media == MediaKind.Png16 ? Datatype.Uint16 : Datatype.Uint8);

    private static string? Picture(OutputSpec output, TensorInfo tensor)
    {
        if (tensor.Shape.Length is not (3 or 4))
            return $"{Name(output)}, but the network gives [{string.Join(',', tensor.Shape)}], which is no picture";
        var channels = tensor.Shape.Length == 3 ? 1 : output.Layout == TensorLayout.Nchw ? tensor.Shape[1] : tensor.Shape[3];
        return channels < 0 || channels == 1 || (channels == 3 && output.Kind != OutputKind.Mask)
            ? null
            : $"{Name(output)} has {(output.Kind == OutputKind.Mask ? "one channel" : "one channel or three")}, but the network gives [{string.Join(',', tensor.Shape)}]"
                + $" with {channels} in layout {output.Layout.ToString().ToLowerInvariant()}";
    }

    private static string? Plain(OutputSpec output, TensorInfo tensor)
    {
        var (count, declared) = (1L, Readout.CountOf(output));
        foreach (var side in tensor.Shape.AsSpan(1))
            count = side < 0 || count < 0 ? -1 : count * side;
        return count < 0 || count == declared
            ? null
            : $"the manifest declares {declared} {Unit(output)}, the network gives [{string.Join(',', tensor.Shape)}]";
    }

    private static string Unit(OutputSpec output) => output.Kind switch
    {
        OutputKind.Labels => "labels",
        OutputKind.Scores => "scores",
        OutputKind.Text => "bytes",
        _ => "numbers",
    };

    private static string Name(OutputSpec output) => $"{(output.Kind is OutputKind.Image or OutputKind.Embedding ? "an" : "a")} {output.Kind.ToString().ToLowerInvariant()}";
}
