using Espresso.Errors;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;
using Microsoft.Extensions.Logging;

namespace Espresso.Minions.Batching;

/// <summary>The bounded queue in front of a device, and the threads that take batches from it: assemble, run, finish.</summary>
/// <remarks>
/// On the CPU one thread an instance does all three: the device is the host's cores, so a second thread would win nothing and each
/// hand-over costs a wake-up. On an accelerator the stages overlap: while a batch runs, the next one stands open and grows item by item, and
/// the one before is sent off.
/// </remarks>
internal sealed partial class Batcher : IDisposable
{
    private const double MeanWeight = 0.1;

    /// <summary>What a refused caller is told to wait where no cost is known yet.</summary>
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new(); // a monitor: threads wait on it
    private readonly BatchSchedule<InferItem, Batch> _schedule;
    private readonly List<InferItem> _expired = [];
    private readonly IExecutor _executor;
    private readonly Assembly _assembly;
    private readonly BufferPool _buffers;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly int _maxPending;
    private readonly ILogger _log;
    private readonly MinionMetrics _metrics;
    private readonly List<Thread> _threads = [];
    private readonly Queue<Batch> _finished = new();

    private bool _staging; // the rows of the open batch's last item are being written
    private int _free;
    private int _pending;
    private int _running;
    private long _received;
    private long _done;
    private long _failed;
    private long _dropped;
    private long _rejected;
    private long _batchId;
    private double _meanBatch;
    private bool _stopping;
    private TaskCompletionSource? _idle;

    public Batcher(IExecutor executor, Assembly assembly, CostTable costs, int maxPending, TimeProvider time, MinionMetrics metrics, ILogger log)
    {
        _executor = executor;
        _assembly = assembly;
        Costs = costs;
        _schedule = new BatchSchedule<InferItem, Batch>(costs, executor.Instances);
        _maxPending = maxPending;
        _time = time;
        _origin = time.GetTimestamp();
        _metrics = metrics;
        _log = log;
        _buffers = new BufferPool(executor, costs.MaxBatch, costs.Forget);
        metrics.Observe(this);
        for (var i = 0; i < executor.Instances; i++)
        {
            var instance = i;
            Begin($"run {i}", () => RunLoop(instance));
        }

        if (executor.IsAccelerator)
        {
            Begin("assemble", StageLoop);
            Begin("finish", FinishLoop);
        }
    }

    public CostTable Costs { get; }

    /// <summary>The batcher's clock: since its start.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Makes a bucket known; must come before its first item.</summary>
    /// <returns>Null, or why the network does not take these shapes.</returns>
    public Failure? Register(string bucket, IReadOnlyList<long[]> inputShapes) => _buffers.Register(bucket, inputShapes);

    /// <summary>What <paramref name="item"/> will get, or why it is refused. An accepted item has exactly one outcome.</summary>
    public Failure? TryEnqueue(InferItem item)
    {
        lock (_gate)
        {
            if (_stopping)
                return Failure.Unavailable(Reasons.Draining, "this process is stopping");
            if (_pending >= _maxPending)
            {
                _rejected++;
                var wait = _schedule.Backlog(Now);
                return Failure.Overloaded(
                    Reasons.QueueFull, $"{_pending} items are pending, which is this replica's limit", wait > ShortestRetry ? wait : ShortestRetry);
            }

            var now = Now;
            // An idle device tries what it is not sure of: only a batch that runs corrects its costs.
            if (_pending > 0 && _schedule.Excess(item, now) is { Ticks: > 0 } late)
            {
                _rejected++;
                return Failure.Overloaded(
                    Reasons.DeadlineUnmeetable, $"it would be done {late.TotalMilliseconds:0} ms after its deadline, behind {_pending} items that are pending", late);
            }

            if (!_buffers.Enter(item.Bucket))
            {
                _rejected++;
                return Failure.Overloaded(Reasons.QueueFull, "its shape has made room for others meanwhile", ShortestRetry);
            }

            _received++;
            _pending++;
            _schedule.Add(item, now);
            Wake();
            return null;
        }
    }

    /// <summary>Takes a waiting item out, be it of the queue or of the open batch. One that runs already runs on; its answer is thrown away.</summary>
    public void Cancel(InferItem item, Failure why)
    {
        lock (_gate)
        {
            // Rows move up only while none is being written, which takes about a millisecond.
            while (_staging && _schedule.Open!.Items.Contains(item))
                Monitor.Wait(_gate);
            if (!_schedule.Remove(item))
                return;
            Drop(item, why);
            if (_executor.IsAccelerator)
                Monitor.PulseAll(_gate); // there may be room to stage
        }
    }

    public BatcherCounts Counts()
    {
        lock (_gate)
            return new(_received, _done, _failed, _dropped, _rejected, _pending, _running, _meanBatch, _schedule.Backlog(Now));
    }

    /// <summary>What came of late, by bucket.</summary>
    public IReadOnlyList<(string Bucket, int Rows)> Arrived()
    {
        lock (_gate)
            return [.. _schedule.Arrived];
    }

    /// <summary>Completes when nothing is pending.</summary>
    public Task WhenIdle()
    {
        lock (_gate)
        {
            if (_pending == 0)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>What waits is failed, what runs is finished.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            var left = new List<InferItem>();
            _schedule.TakeAll(left);
            foreach (var item in left)
                Drop(item, Failure.Unavailable(Reasons.Draining, "this process stopped before the item's turn"));
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
            thread.Join();
    }

    private void Begin(string name, Action loop)
    {
        var thread = new Thread(() => loop()) { IsBackground = true, Name = name };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>With one kind of waiter one is woken; with several the right one must be among them.</summary>
    private void Wake()
    {
        if (_executor.IsAccelerator)
            Monitor.PulseAll(_gate);
        else
            Monitor.Pulse(_gate);
    }

    /// <summary>Under the gate.</summary>
    private void Drop(InferItem item, Failure why)
    {
        _dropped++;
        Left(item);
        item.ReleaseInputs();
        // Outside the gate and off this thread: a continuation may be a whole reply.
        ThreadPool.UnsafeQueueUserWorkItem(static state => state.item.Finish(InferOutcome.ForFailure(state.why)), (item, why), preferLocal: false);
    }

    /// <summary>One pending item fewer. Under the gate.</summary>
    private void Left(InferItem item)
    {
        _buffers.Leave(item.Bucket);
        _pending--;
        if (_pending == 0)
        {
            _idle?.TrySetResult();
            _idle = null;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "a batch of {Rows} failed: {Why}")]
    private static partial void BatchFailed(ILogger log, int rows, string why);
}
