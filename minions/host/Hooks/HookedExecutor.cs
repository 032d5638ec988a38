using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Outputs;

namespace Espresso.Minions.Execution;

/// <summary>A network with its model's own code around it; to the batcher it is an executor like any other.</summary>
internal sealed class HookedExecutor : IExecutor
{
    private readonly IExecutor _network;
    private readonly IReadOnlyList<IModelHook> _hooks;
    private readonly IReadOnlyList<TensorInfo> _made;
    private readonly byte[][][] _copies; // by instance and input: hooks may change what the network gets, and a failed batch needs it again as it came

    private HookedExecutor(IExecutor network, IReadOnlyList<IModelHook> hooks, IReadOnlyList<TensorInfo> made)
    {
        (_network, _hooks, _made) = (network, hooks, made);
        Outputs = [.. network.Outputs, .. made];
        _copies = [.. Enumerable.Range(0, network.Instances).Select(_ => network.Inputs.Select(_ => Array.Empty<byte>()).ToArray())];
    }

    public string Device => _network.Device;

    public int Instances => _network.Instances;

    public bool IsAccelerator => _network.IsAccelerator;

    public IReadOnlyList<TensorInfo> Inputs => _network.Inputs;

    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <exception cref="StartupException">A hook makes what the manifest does not name, what the graph has, or a picture.</exception>
    public static IExecutor Of(IExecutor network, IReadOnlyList<IModelHook> hooks, Manifest manifest)
    {
        if (hooks.Count == 0)
            return network;
        var made = new List<TensorInfo>();
        foreach (var (hook, name) in hooks.SelectMany(hook => hook.Makes.Select(name => (hook, name))))
        {
            var output = manifest.Outputs.FirstOrDefault(output => output.Name == name);
            var fault = output is null ? "the manifest has no such output"
                : output.IsPicture ? $"a {output.Kind.ToString().ToLowerInvariant()} has the network's size; hooks make labels, scores, embeddings and texts"
                : network.Outputs.Concat(made).Any(other => other.Name == name) ? "the graph or another hook makes it already" : null;
            if (fault is not null)
                throw new StartupException($"{manifest.Name}: hook {NameOf(hook)} makes output '{name}': {fault}");
            made.Add(new TensorInfo(name, output!.Kind == OutputKind.Text ? Datatype.Uint8 : Datatype.Fp32, [-1, Readout.CountOf(output)]));
        }

        return new HookedExecutor(network, hooks, made);
    }

    public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes) =>
        [.. _network.OutputShapes(itemShapes), .. _made.Select(made => made.Shape[1..])];

    public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) =>
        Run(instance, rows, inputs, outputs, _network.Run);

    public void RunAndTrim(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) =>
        Run(instance, rows, inputs, outputs, _network.RunAndTrim);

    public void Dispose() => _network.Dispose();

    private void Run(
        int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs,
        Action<int, int, IReadOnlyList<TensorMemory>, IReadOnlyList<TensorMemory>> network)
    {
        var own = inputs.Select((input, i) => Copy(input, rows, ref _copies[instance][i])).ToList();
        var ofNetwork = outputs.Take(_network.Outputs.Count).ToList();
        foreach (var made in outputs.Skip(ofNetwork.Count))
            made.Memory.Span[..BytesOf(made, rows)].Clear();
        var batch = new HookBatch(rows, Inputs, Outputs, own, outputs, () => network(instance, rows, own, ofNetwork));
        foreach (var hook in _hooks)
            Call(hook, "before", hook.Before, batch);
        batch.RunNetwork();
        foreach (var hook in _hooks)
            Call(hook, "after", hook.After, batch);
    }

    private static void Call(IModelHook hook, string when, Action<HookBatch> call, HookBatch batch)
    {
        try
        {
            call(batch);
        }
        catch (Exception error)
        {
            throw new HookException($"hook {NameOf(hook)} failed {when} the network: {error.Message}", error);
        }
    }

    private static string NameOf(IModelHook hook) => hook.GetType().Name;

    private static TensorMemory Copy(TensorMemory input, int rows, ref byte[] room)
    {
        var bytes = BytesOf(input, rows);
        if (room.Length < bytes)
            room = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        input.Memory.Span[..bytes].CopyTo(room);
        return input with { Memory = room };
    }

    private static int BytesOf(TensorMemory tensor, int rows) => (int)(rows * TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype));
}
