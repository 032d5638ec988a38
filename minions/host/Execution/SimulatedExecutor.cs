using System.Globalization;
using System.Runtime.InteropServices;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Outputs;

namespace Espresso.Minions.Execution;

/// <summary>Stands in for an accelerator in load tests: a batch of n takes a + b·n milliseconds and no core.</summary>
/// <remarks>Its answers are the first bytes of its input, so that a mixed-up reply shows.</remarks>
internal sealed partial class SimulatedExecutor : IExecutor
{
    private readonly TimeProvider _time;
    private readonly double _fixedMs;
    private readonly double _itemMs;
    private readonly IReadOnlyList<long[]> _outputShapes;

    /// <param name="cost">"a,b" in milliseconds.</param>
    /// <exception cref="StartupException">The text is no such pair, or the manifest has inputs without a size.</exception>
    public SimulatedExecutor(Manifest manifest, string cost, TimeProvider time)
    {
        _time = time;
        (_fixedMs, _itemMs) = Parse(cost);
        Inputs = [.. manifest.Inputs.Select(Input)];
        var size = manifest.Inputs.First(input => input.Kind != InputKind.Tensor);
        _outputShapes = [.. manifest.Outputs.Select(output => Shape(output, size))];
        Outputs = [.. manifest.Outputs.Zip(_outputShapes, (output, shape) =>
            new TensorInfo(output.Name, output.Kind == OutputKind.Text ? Datatype.Uint8 : Datatype.Fp32, [-1, .. shape]))];
    }

    public string Device => "simulated";

    public int Instances => 1;

    public bool IsAccelerator => true;

    public IReadOnlyList<TensorInfo> Inputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    public static (double FixedMs, double ItemMs) Parse(string cost) =>
        cost.Split(',') is [var a, var b]
        && double.TryParse(a, NumberStyles.Float, CultureInfo.InvariantCulture, out var fixedMs) && fixedMs is >= 0 and <= 60_000
        && double.TryParse(b, NumberStyles.Float, CultureInfo.InvariantCulture, out var itemMs) && itemMs is >= 0 and <= 60_000
            ? (fixedMs, itemMs)
            : throw new StartupException($"--simulated: two numbers of milliseconds, such as 20,3; found '{cost}'");

    public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes) => _outputShapes;

    public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs)
    {
        var end = _time.GetTimestamp() + (long)((_fixedMs + (_itemMs * rows)) * _time.TimestampFrequency / 1000);
        foreach (var output in outputs)
        {
            for (var row = 0; row < rows; row++)
                Echo(output.Datatype == Datatype.Uint8 ? [] : Row(inputs[0], row), Row(output, row)); // a text stays empty
        }

        // .NET's own waits count in whole milliseconds: the rest is slept by the system, so that no core is used meanwhile.
        using var device = new ManualResetEventSlim(false, 0);
        for (var left = Left(end); left > TimeSpan.Zero; left = Left(end))
        {
            if (left >= TimeSpan.FromMilliseconds(1))
                device.Wait(left);
            else
                _ = Sleep((uint)left.TotalMicroseconds + 1);
        }
    }

    public void Dispose()
    {
        // nothing is held
    }

    private TimeSpan Left(long end) => _time.GetElapsedTime(_time.GetTimestamp(), end);

    private static Span<byte> Row(TensorMemory tensor, int row)
    {
        var bytes = (int)TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype);
        return tensor.Memory.Span.Slice(row * bytes, bytes);
    }

    private static void Echo(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var length = Math.Min(from.Length, to.Length);
        from[..length].CopyTo(to);
        to[length..].Clear();
    }

    private static TensorInfo Input(InputSpec input) => input.Kind == InputKind.Tensor
        ? throw new StartupException($"--simulated: input '{input.Name}' has no picture size to simulate")
        : new(input.Name, Datatype.Fp32, Planes(input.Layout, input.ChannelCount, input.Width, input.Height));

    private static long[] Shape(OutputSpec output, InputSpec size) => !output.IsPicture
        ? [Readout.CountOf(output)]
        : Planes(output.Layout, output.Kind == OutputKind.Image ? 3 : 1, size.Width, size.Height)[1..];

    private static long[] Planes(TensorLayout layout, int channels, int width, int height) =>
        layout == TensorLayout.Nchw ? [-1, channels, height, width] : [-1, height, width, channels];

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);
}
