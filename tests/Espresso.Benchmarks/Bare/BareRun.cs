using System.Runtime.InteropServices;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Benchmarks.Bare;

/// <summary>One run of one item at a time, in one session with one thread.</summary>
internal sealed class BareRun : IDisposable
{
    private readonly OnnxExecutor _executor;
    private readonly BatchBuffers _buffers;
    private readonly InputSpec _input;

    public BareRun(Manifest manifest, string folder)
    {
        _input = manifest.Inputs[0];
        var execution = manifest.Execution with { Instances = 1, Threads = 1 };
        _executor = OnnxExecutor.Load(manifest with { Execution = execution }, folder, NullLogger.Instance);
        var shapes = BareLoop.Shapes(_executor);
        _buffers = new BatchBuffers("", _executor, shapes, _executor.OutputShapes(shapes), 1);
        Run(); // the first one allocates
    }

    /// <summary>The network over a picture: its first output as pixels, black for 0 and white for 1.</summary>
    /// <param name="pixels">[height, width, channels]</param>
    public byte[] Run(ReadOnlySpan<byte> pixels)
    {
        Pixels.Normalise(pixels, _input, Floats(_buffers.Inputs[0]));
        Run();
        var map = new byte[Floats(_buffers.Outputs[0]).Length];
        Pixels.Quantise(Floats(_buffers.Outputs[0]), 0, 1, map.AsSpan());
        return map;
    }

    public void Run() => _executor.Run(0, 1, _buffers.Inputs, _buffers.Outputs);

    private static Span<float> Floats(TensorMemory tensor) => MemoryMarshal.Cast<byte, float>(tensor.Memory.Span);

    public void Dispose() => _executor.Dispose();
}
