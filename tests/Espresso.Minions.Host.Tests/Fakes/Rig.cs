using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;
using Espresso.TestKit;
using Espresso.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Minions.Tests.Fakes;

/// <summary>A batcher in front of a fake device, on a clock that moves when told.</summary>
internal sealed class Rig : IDisposable
{
    /// <summary>Floats an item, for tests in which copying one has to take a while.</summary>
    public const int Large = 100_000;

    private readonly MinionMetrics _metrics = new("fake", "1.0");
    private readonly HeldMean? _held;
    private bool _disposed;

    /// <param name="fixedMs">A batch of n takes fixedMs + n milliseconds, as far as the batcher knows.</param>
    /// <param name="held">Pictures are assembled no further than to here.</param>
    public Rig(bool accelerator, int instances = 1, int maxBatch = 8, int maxPending = 1000, double fixedMs = 100, HeldMean? held = null, IModelHook? hook = null)
    {
        _held = held;
        Executor = new FakeExecutor(accelerator, instances);
        var costs = new CostTable(maxBatch);
        foreach (var width in new[] { 4, 6, Large })
        {
            for (var size = 1; size <= maxBatch; size++)
                costs.Set(BucketOf(width), size, TimeSpan.FromMilliseconds(fixedMs + size));
        }

        var output = new OutputSpec { Name = "y", As = "y", Kind = OutputKind.Map, Range = new ValueRange(1000, 2000) };
        var executor = HookedExecutor.Of(Executor, hook is null ? [] : [hook], new Manifest());
        Batcher = new Batcher(executor, new Assembly([held is null ? null : new InputSpec { Kind = InputKind.Mask, Scale = 1, Mean = held }], [output]), costs, maxPending, Time, _metrics, NullLogger.Instance);
    }

    public FakeTime Time { get; } = new();

    public FakeExecutor Executor { get; }

    public Batcher Batcher { get; }

    public static string BucketOf(int width) => Contract.BucketOf([[1, width]]);

    /// <summary>An item whose rows begin with <paramref name="value"/>, value + 0.25, and so on.</summary>
    /// <param name="deadlineMs">From now.</param>
    public InferItem Item(
        float value, int rows = 1, int width = 4, int priority = WorkItem.DefaultPriority, double? deadlineMs = null, FlowKey? flow = null,
        params Datatype[] outputs)
    {
        var payload = Payload.Rent(rows * width * 4);
        var floats = MemoryMarshal.Cast<byte, float>(payload.Span);
        for (var i = 0; i < floats.Length; i++)
            floats[i] = value + (i / width * 0.25f) + (i % width * 0.01f);
        Batcher.Register(BucketOf(width), [[1, width]]).ShouldBeNull();
        return new InferItem
        {
            Bucket = BucketOf(width),
            Rows = rows,
            Priority = priority,
            Flow = flow ?? new FlowKey("default", "interactive"),
            Deadline = deadlineMs is { } left ? Batcher.Now + TimeSpan.FromMilliseconds(left) : TimeSpan.MaxValue,
            Inputs = [new ItemInput(Datatype.Fp32, [1, width], payload)],
            Outputs = [.. (outputs is [] ? [Datatype.Fp32] : outputs).Select(datatype => new OutputRequest(0, datatype))],
        };
    }

    /// <summary>Enqueued a second after whatever came before, so that nobody is held for it.</summary>
    public InferItem Enqueue(
        float value, int rows = 1, int width = 4, int priority = WorkItem.DefaultPriority, double? deadlineMs = null, params Datatype[] outputs)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        var item = Item(value, rows, width, priority, deadlineMs, flow: null, outputs);
        Batcher.TryEnqueue(item).ShouldBeNull();
        return item;
    }

    /// <summary>An item of one row that is normalised when it is assembled.</summary>
    public InferItem EnqueuePicture(byte value)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        var item = new InferItem
        {
            Bucket = BucketOf(4),
            Inputs = [new ItemInput(Datatype.Uint8, [1, 4], Payload.CopyOf([value, value, value, value]))],
            Outputs = [new OutputRequest(0, Datatype.Fp32)],
        };
        Batcher.TryEnqueue(item).ShouldBeNull();
        return item;
    }

    /// <summary>Waits until these lie in the open batch, which is when their inputs are given back.</summary>
    public static void ShouldBeStaged(params IEnumerable<InferItem> items) =>
        Patience.Until(() => items.All(item => IsGivenBack(item.Inputs[0].Payload)));

    /// <remarks>Awaited on a thread of the pool's: the batcher's own runs continuations, and a test must not end the batcher from within it.</remarks>
    public static Task<InferOutcome> Outcome(InferItem item) =>
        item.Done.ContinueWith(static done => done.Result, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).WaitAsync(Patience.Limit);

    /// <summary>That the item was answered, with its own output.</summary>
    public static async Task ShouldHaveItsAnswer(InferItem item, float value)
    {
        var outcome = await Outcome(item);
        outcome.Failure.ShouldBeNull();
        var width = (int)item.Inputs[0].ItemShape[1];
        var output = outcome.Outputs.ShouldHaveSingleItem();
        output.Shape.ShouldBe([item.Rows, 1, width]);
        var floats = MemoryMarshal.Cast<byte, float>(output.Payload.Span).ToArray();
        floats.ShouldBe(Enumerable.Range(0, item.Rows * width).Select(i => FakeExecutor.Offset + value + (i / width * 0.25f) + (i % width * 0.01f)), 1e-3);
        output.Payload.Dispose();
    }

    public static async Task<Failure> Failure(InferItem item) => (await Outcome(item)).Failure.ShouldNotBeNull();

    public static bool IsGivenBack(Payload payload)
    {
        try
        {
            return payload.Span.IsEmpty;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Lets everything run to its end, on a clock that goes on: nobody is held for ever.</summary>
    public void RunToIdle()
    {
        Executor.LetAllGo();
        GoOnUntil(Batcher.WhenIdle());
    }

    /// <summary>Moves the clock until then.</summary>
    public void GoOnUntil(Task end) => Patience.Until(() =>
    {
        Time.Advance(TimeSpan.FromMilliseconds(20));
        return end.IsCompleted;
    });

    public void CountsShouldAddUp()
    {
        var counts = Batcher.Counts();
        (counts.Done + counts.Failed + counts.Dropped + counts.Pending).ShouldBe(counts.Received);
        counts.Running.ShouldBeInRange(0, counts.Pending);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _held?.LetGo();
        Executor.LetAllGo();
        Batcher.Dispose();
        _held?.Dispose();
        _metrics.Dispose();
    }
}
