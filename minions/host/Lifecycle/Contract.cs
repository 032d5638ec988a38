using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Lifecycle;

/// <summary>The manifest and the network held against each other, in the network's order.</summary>
internal sealed class Contract
{
    private const string OwnCode = "; where code of the model's own makes it, its own program must be started (espresso minion and model check: --program)";

    /// <exception cref="StartupException">The manifest names what the network has not, or the other way round; every fault is listed.</exception>
    public Contract(Manifest manifest, IExecutor executor)
    {
        var faults = new List<string>();
        foreach (var name in manifest.Inputs.Select(input => input.Name).Except(executor.Inputs.Select(input => input.Name), StringComparer.Ordinal))
            faults.Add($"input '{name}': the network has none of that name; it has {List(executor.Inputs)}");
        foreach (var name in executor.Inputs.Select(input => input.Name).Except(manifest.Inputs.Select(input => input.Name), StringComparer.Ordinal))
            faults.Add($"the network's input '{name}' stands not in the manifest");
        foreach (var output in manifest.Outputs.ExceptBy(executor.Outputs.Select(output => output.Name), output => output.Name, StringComparer.Ordinal))
            faults.Add($"output '{output.Name}': the network has none of that name; it has {List(executor.Outputs)}{(output.IsPicture ? "" : OwnCode)}");

        Inputs = [.. executor.Inputs.Select(info => manifest.Inputs.FirstOrDefault(input => input.Name == info.Name))];
        Outputs = [.. executor.Outputs.Select(info => manifest.Outputs.FirstOrDefault(output => output.Name == info.Name))];
        var shapes = new List<long[]>();
        for (var i = 0; i < executor.Inputs.Count; i++)
        {
            var info = executor.Inputs[i];
            if (Inputs[i] is not { } spec)
                continue;
            if (info.Shape.Length == 0 || info.Shape[0] > 0)
                faults.Add($"input '{info.Name}': the network's first dimension is {(info.Shape.Length == 0 ? "missing" : info.Shape[0])}, but batches need a variable one");
            var shape = ItemShape(spec);
            if (spec.Kind != InputKind.Tensor && info.Datatype is not (Datatype.Fp32 or Datatype.Uint8))
                faults.Add($"input '{info.Name}': a picture for a network that takes {info.Datatype.WireName()}; FP32 and UINT8 are served");
            else if (spec.Kind != InputKind.Tensor && info.Datatype == Datatype.Uint8 && spec.Layout == TensorLayout.Nchw)
                faults.Add($"input '{info.Name}': a network of bytes gets its picture as it comes, [n,height,width,channels]; export it so, with layout: nhwc, or with float32 values");
            else if (shape.Length > 0 && !info.Takes(shape))
                faults.Add($"input '{info.Name}': the manifest makes [n,{string.Join(',', shape)}], the network takes [{string.Join(',', info.Shape)}]");
            shapes.Add(shape);
        }

        for (var i = 0; i < executor.Outputs.Count; i++)
        {
            if (Outputs[i] is { } spec && OutputContract.Fault(spec, executor.Outputs[i]) is { } fault)
                faults.Add($"output '{spec.Name}': {fault}");
        }

        if (faults.Count > 0)
            throw new StartupException(string.Join(Environment.NewLine, faults.Select(fault => $"{manifest.Name}: {fault}")));
        FixedShapes = shapes.TrueForAll(shape => shape.Length > 0) ? shapes : null;
    }

    /// <summary>By the network's input.</summary>
    public IReadOnlyList<InputSpec?> Inputs { get; }

    /// <summary>By the network's output; null: one that the manifest does not name.</summary>
    public IReadOnlyList<OutputSpec?> Outputs { get; }

    /// <summary>The shapes of one item that the manifest declares; null where it leaves one open.</summary>
    public IReadOnlyList<long[]>? FixedShapes { get; }

    public static string BucketOf(IReadOnlyList<long[]> shapes) =>
        string.Join(';', shapes.Select(shape => string.Join('x', shape)));

    private static long[] ItemShape(InputSpec spec)
    {
        if (spec.Kind == InputKind.Tensor)
            return [.. spec.Shape];
        return spec.Layout == TensorLayout.Nchw
            ? [spec.ChannelCount, spec.Height, spec.Width]
            : [spec.Height, spec.Width, spec.ChannelCount];
    }

    private static string List(IReadOnlyList<TensorInfo> tensors) => string.Join(", ", tensors.Select(tensor => $"'{tensor.Name}'"));
}
