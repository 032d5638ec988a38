using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Espresso.Minions.Execution;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Fakes;

/// <summary>A device for items [1, width] of floats: output = input + 1000. Runs are let go one by one, or all by themselves.</summary>
internal sealed class FakeExecutor(bool accelerator, int instances = 1) : IExecutor
{
    public const float Offset = 1000;

    private readonly Channel<FakeRun> _started = Channel.CreateUnbounded<FakeRun>();
    private readonly ConcurrentQueue<FakeRun> _all = new();
    private readonly ConcurrentDictionary<int, bool> _instances = new();
    private volatile bool _stepwise;
    private volatile string? _fault;

    public string Device => accelerator ? "fake" : "cpu";

    public int Instances => instances;

    public bool IsAccelerator => accelerator;

    public IReadOnlyList<TensorInfo> Inputs { get; } = [new("x", Datatype.Fp32, [-1, 1, -1])];

    public IReadOnlyList<TensorInfo> Outputs { get; } = [new("y", Datatype.Fp32, [-1, 1, -1])];

    /// <summary>An item whose first value is one of these fails its run.</summary>
    public ConcurrentDictionary<float, bool> Faulty { get; } = new();

    /// <summary>Called in each run with its rows; may move a clock on.</summary>
    public Action<int>? Running { get; init; }

    /// <summary>The first value of each row of each run, in the order of the runs.</summary>
    public IReadOnlyList<float[]> Runs => [.. _all.Select(run => run.Values)];

    /// <summary>Those that have run.</summary>
    public ICollection<int> Instanced => _instances.Keys;

    /// <summary>True: every run waits until it is let go.</summary>
    public bool Stepwise
    {
        get => _stepwise;
        set => _stepwise = value;
    }

    /// <summary>The next run, once it stands on the device.</summary>
    public async Task<FakeRun> Started() => await _started.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    /// <summary>Lets go what stands on the device, and whatever comes after it.</summary>
    public void LetAllGo()
    {
        _stepwise = false;
        foreach (var run in _all)
            run.LetGo();
    }

    public void FailAll(string why) => _fault = why;

    public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes) =>
        itemShapes[0][1] == 13 ? throw new InvalidOperationException("thirteen is not taken") : [.. itemShapes];

    public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs)
    {
        var width = (int)inputs[0].ItemShape[1];
        var run = new FakeRun([.. Enumerable.Range(0, rows).Select(row => Floats(inputs[0])[row * width])]);
        _all.Enqueue(run);
        _instances[instance] = true;
        Running?.Invoke(rows);
        if (_fault is { } fault)
            throw new InvalidOperationException(fault);
        if (_stepwise)
        {
            _started.Writer.TryWrite(run);
            if (!_stepwise)
                LetAllGo(); // it came in between
            run.Wait();
        }

        if (run.Values.FirstOrDefault(Faulty.ContainsKey) is var faulty and not 0)
            throw new InvalidOperationException($"{faulty} is faulty");
        for (var i = 0; i < rows * width; i++)
            Floats(outputs[0])[i] = Floats(inputs[0])[i] + Offset;
    }

    public void Dispose()
    {
        // nothing is held
    }

    private static Span<float> Floats(TensorMemory tensor) => MemoryMarshal.Cast<byte, float>(tensor.Memory.Span);
}

/// <summary>A batch on the device.</summary>
internal sealed class FakeRun(float[] values)
{
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first value of each row.</summary>
    public float[] Values => values;

    public void LetGo() => _go.TrySetResult();

    public void Wait() => _go.Task.Wait();
}
