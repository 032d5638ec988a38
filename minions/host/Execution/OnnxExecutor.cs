using System.Runtime.InteropServices;
using Espresso.Hosting;
using Espresso.Manifests;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Espresso.Minions.Execution;

/// <summary>ONNX Runtime. Instances of one thread on the CPU are runs side by side of one session; others have a session each.</summary>
internal sealed partial class OnnxExecutor : IExecutor
{
    private readonly InferenceSession[] _sessions;
    private readonly RunOptions _run = new();
    private readonly RunOptions _trim = new();
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly TextOutput?[] _texts;

    /// <summary>
    /// The library reports its use to its makers unless this variable is set when it starts, and what people do with pictures is nobody's
    /// business. .NET's own setter does not reach native code.
    /// </summary>
    static OnnxExecutor()
    {
        if (OperatingSystem.IsLinux())
            SetVariable("ORT_DISABLE_TELEMETRY", "1", overwrite: 1);
    }

    private OnnxExecutor(InferenceSession[] sessions, string device, Manifest manifest)
    {
        _sessions = sessions;
        Device = device;
        _trim.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", device == "cpu" ? "cpu:0" : "cpu:0;gpu:0");
        Inputs = [.. sessions[0].InputMetadata.Select(node => Info(node.Key, node.Value))];
        // What the manifest does not name is not computed where it could not be sent.
        var outputs = sessions[0].OutputMetadata
            .Where(node => manifest.Outputs.Any(output => output.Name == node.Key) || node.Value is { IsTensor: true, IsString: false }).ToList();
        _texts = [.. outputs.Select(node => TextOutput.Of(node.Key, node.Value, manifest))];
        Outputs = [.. outputs.Zip(_texts, (node, text) => text?.Info ?? Info(node.Key, node.Value))];
        _inputNames = [.. Inputs.Select(input => input.Name)];
        _outputNames = [.. Outputs.Select(output => output.Name)];
    }

    public string Device { get; }

    public int Instances => _sessions.Length;

    public bool IsAccelerator => Device != "cpu";

    public IReadOnlyList<TensorInfo> Inputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Tries the manifest's providers in order.</summary>
    /// <exception cref="StartupException">No network file, a network that does not load, or a required provider that is missing.</exception>
    public static OnnxExecutor Load(Manifest manifest, string folder, ILogger log)
    {
        var path = Path.Combine(folder, manifest.Network);
        if (!File.Exists(path))
            throw new StartupException($"{manifest.Name}: the network {path} is missing"
                + (manifest.Fetch is null ? "" : "; it is fetched at first use by ./espresso"));

        var faults = new List<string>();
        foreach (var provider in manifest.Execution.Providers)
        {
            try
            {
                using var options = Options(manifest.Execution, provider);
                var instances = manifest.Execution.Instances;
                if (instances == 0)
                    instances = provider == "cpu" ? Math.Max(1, Environment.ProcessorCount / manifest.Execution.Threads) : 1;
                return new OnnxExecutor(Sessions(path, options, instances, shared: provider == "cpu" && manifest.Execution.Threads == 1), provider, manifest);
            }
            catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException or NotSupportedException)
            {
                faults.Add($"{provider}: {error.Message}");
                if (provider == manifest.Execution.Require)
                    break;
                ProviderMissing(log, manifest.Name, provider, error.Message);
            }
        }

        throw new StartupException($"{manifest.Name}: no execution provider could load {manifest.Network}: {string.Join("; ", faults)}");
    }

    public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes)
    {
        if (Outputs.All(output => output.Shape.Length > 0 && output.Shape.Skip(1).All(side => side > 0)))
            return [.. Outputs.Select(output => output.Shape[1..])];

        // The graph leaves a side open: a run tells.
        var inputs = new List<OrtValue>();
        try
        {
            for (var i = 0; i < Inputs.Count; i++)
                inputs.Add(OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Element(Inputs[i].Datatype), [1, .. itemShapes[i]]));
            foreach (var input in inputs)
                input.GetTensorMutableRawData().Clear();
            using var outputs = _sessions[0].Run(_run, _inputNames, inputs, _outputNames);
            return [.. outputs.Select((output, i) => _texts[i] is null ? output.GetTensorTypeAndShape().Shape[1..] : Outputs[i].Shape[1..])];
        }
        catch (OnnxRuntimeException error)
        {
            throw new InvalidOperationException(error.Message, error);
        }
        finally
        {
            inputs.ForEach(input => input.Dispose());
        }
    }

    public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) =>
        Run(instance, rows, inputs, outputs, _run);

    public void RunAndTrim(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) =>
        Run(instance, rows, inputs, outputs, _trim);

    private void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs, RunOptions options)
    {
        var boundInputs = Bind(rows, inputs, []);
        try
        {
            var boundOutputs = Bind(rows, outputs, _texts);
            try
            {
                _sessions[instance].Run(options, _inputNames, boundInputs, _outputNames, boundOutputs);
                for (var i = 0; i < boundOutputs.Length; i++)
                    _texts[i]?.Write(boundOutputs[i], rows, outputs[i]);
            }
            finally
            {
                Release(boundOutputs);
            }
        }
        finally
        {
            Release(boundInputs);
        }
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Distinct())
            session.Dispose();
        _run.Dispose();
        _trim.Dispose();
    }

    /// <param name="shared">One for all instances: their runs wait for nothing of each other's, and the weights are there once.</param>
    private static InferenceSession[] Sessions(string path, SessionOptions options, int instances, bool shared) => shared
        ? [.. Enumerable.Repeat(new InferenceSession(path, options), instances)]
        : [.. Enumerable.Range(0, instances).Select(_ => new InferenceSession(path, options))];

    private static SessionOptions Options(ExecutionSpec execution, string provider)
    {
        var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = execution.Threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // A spinning pool takes cores from the other instances and the listeners.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        switch (provider)
        {
            case "cuda":
                options.AppendExecutionProvider_CUDA();
                break;
            case "tensorrt":
                options.AppendExecutionProvider_Tensorrt();
                break;
        }

        return options;
    }

    /// <summary>The tensors in place: the memory is pinned, nothing is copied. Texts get memory of their own.</summary>
    private static OrtValue[] Bind(int rows, IReadOnlyList<TensorMemory> tensors, TextOutput?[] texts)
    {
        var values = new OrtValue[tensors.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var tensor = tensors[i];
            if (i < texts.Length && texts[i] is { } text)
            {
                values[i] = text.Room(rows);
                continue;
            }

            var bytes = rows * TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype);
            if (bytes > tensor.Memory.Length)
                throw new InvalidOperationException($"a tensor of {bytes} bytes does not fit its buffer of {tensor.Memory.Length}");
            MemoryMarshal.TryGetArray<byte>(tensor.Memory, out var array);
            values[i] = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, Element(tensor.Datatype), [rows, .. tensor.ItemShape],
                Marshal.UnsafeAddrOfPinnedArrayElement(array.Array!, array.Offset), bytes);
        }

        return values;
    }

    private static void Release(OrtValue[] values)
    {
        foreach (var value in values)
            value.Dispose();
    }

    private static TensorInfo Info(string name, NodeMetadata node) => new(name, DatatypeOf(name, node), [.. node.Dimensions.Select(dimension => (long)dimension)]);

    private static Datatype DatatypeOf(string name, NodeMetadata node) => !node.IsTensor ? throw new StartupException($"the network's '{name}' is no tensor") : node.ElementDataType switch
    {
        TensorElementType.Bool => Datatype.Bool,
        TensorElementType.UInt8 => Datatype.Uint8,
        TensorElementType.UInt16 => Datatype.Uint16,
        TensorElementType.UInt32 => Datatype.Uint32,
        TensorElementType.UInt64 => Datatype.Uint64,
        TensorElementType.Int8 => Datatype.Int8,
        TensorElementType.Int16 => Datatype.Int16,
        TensorElementType.Int32 => Datatype.Int32,
        TensorElementType.Int64 => Datatype.Int64,
        TensorElementType.Float16 => Datatype.Fp16,
        TensorElementType.BFloat16 => Datatype.Bf16,
        TensorElementType.Float => Datatype.Fp32,
        TensorElementType.Double => Datatype.Fp64,
        var other => throw new StartupException($"the network's tensor '{name}' has elements of type {other}, which is not served"),
    };

    private static TensorElementType Element(Datatype datatype) => datatype switch
    {
        Datatype.Bool => TensorElementType.Bool,
        Datatype.Uint8 => TensorElementType.UInt8,
        Datatype.Uint16 => TensorElementType.UInt16,
        Datatype.Uint32 => TensorElementType.UInt32,
        Datatype.Uint64 => TensorElementType.UInt64,
        Datatype.Int8 => TensorElementType.Int8,
        Datatype.Int16 => TensorElementType.Int16,
        Datatype.Int32 => TensorElementType.Int32,
        Datatype.Int64 => TensorElementType.Int64,
        Datatype.Fp16 => TensorElementType.Float16,
        Datatype.Bf16 => TensorElementType.BFloat16,
        Datatype.Fp32 => TensorElementType.Float,
        _ => TensorElementType.Double,
    };

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LoggerMessage(1, LogLevel.Warning, "{Model}: execution provider {Provider} is not to be had here: {Why}")]
    private static partial void ProviderMissing(ILogger log, string model, string provider, string why);
}
