using System.Diagnostics;
using Espresso.Errors;
using Espresso.Telemetry;

namespace Espresso.Preprocessor.Work;

/// <summary>What the pool has done and has before it: received = done + failed + dropped + waiting + running, always.</summary>
/// <param name="Dropped">Left the queue before they cost anything: cancelled, or the process ended.</param>
/// <param name="Rejected">Refused at the door; not received.</param>
internal readonly record struct WorkCounts(long Received, long Done, long Failed, long Dropped, long Rejected, int Waiting, int Running);

/// <summary>A few threads of our own behind a bounded queue: pictures cost the cores, and the RPC threads have other things to do.</summary>
internal sealed class WorkPool : IDisposable
{
    private static readonly TimeSpan FirstGuess = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LeastRetry = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new(); // threads wait on it
    private readonly LinkedList<WorkItem> _queue = new();
    private readonly LinkedList<SharedWork> _shared = new();
    private readonly WorkPoolOptions _options;
    private readonly PreprocessorMetrics _metrics;
    private readonly Action _threadEnd;
    private readonly Thread[] _threads;
    private WorkCounts _counts;
    private TimeSpan _meanWork = FirstGuess;
    private TaskCompletionSource? _idle;
    private bool _stopped;

    /// <param name="threadEnd">Runs on each thread of the pool at its end.</param>
    public WorkPool(WorkPoolOptions options, TimeProvider time, PreprocessorMetrics metrics, Action threadEnd)
    {
        _options = options;
        _metrics = metrics;
        _threadEnd = threadEnd;
        Time = time;
        metrics.ObserveQueue(() => Counts.Waiting);
        _threads = [.. Enumerable.Range(1, options.Workers).Select(i => new Thread(Work) { IsBackground = true, Name = $"pictures-{i}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public TimeProvider Time { get; }

    public TimeSpan TimeLimit => _options.TimeLimit;

    public int Workers => _threads.Length;

    public WorkCounts Counts
    {
        get
        {
            lock (_gate)
                return _counts;
        }
    }

    /// <summary>How long new work would wait now, going by what work took lately.</summary>
    public TimeSpan Backlog
    {
        get
        {
            lock (_gate)
                return _meanWork * (_counts.Waiting + _counts.Running) / _threads.Length;
        }
    }

    /// <summary>Does the work on one of the pool's threads.</summary>
    /// <param name="operation">Its name in spans and metrics.</param>
    /// <param name="work">Asks its budget between parts whether to go on.</param>
    /// <exception cref="FailureException">The queue is full, the caller went away while it waited, or the work itself failed so.</exception>
    public async Task<Worked<T>> Run<T>(string operation, Func<WorkBudget, T> work, CancellationToken cancelled)
    {
        var item = new WorkItem<T>(operation, Time.GetTimestamp(), Activity.Current?.Context ?? default, work, cancelled);
        var place = Enqueue(item);
        await using var registration = cancelled.UnsafeRegister(
            static state =>
            {
                var (pool, place) = ((WorkPool, LinkedListNode<WorkItem>))state!;
                pool.Drop(place);
            },
            (this, place));
        return await item.Done;
    }

    /// <summary>Called by work on the pool: does its parts here, and on the threads that are idle now or become so. What waits goes first.</summary>
    public void Share(int parts, Action<int> work)
    {
        var shared = new SharedWork(parts, work);
        LinkedListNode<SharedWork> place;
        lock (_gate)
        {
            place = _shared.AddLast(shared);
            for (var helper = 1; helper < Math.Min(parts, _threads.Length - _counts.Running + 1); helper++)
                Monitor.Pulse(_gate);
        }

        shared.Help();
        Withdraw(place);
        shared.Wait();
    }

    /// <summary>Completes when nothing waits and nothing runs.</summary>
    public Task WhenIdle(CancellationToken cancelled)
    {
        lock (_gate)
        {
            if (_counts is { Waiting: 0, Running: 0 })
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.WaitAsync(cancelled);
        }
    }

    /// <summary>Refuses what waits, lets what runs finish, and ends the threads.</summary>
    public void Dispose()
    {
        WorkItem[] waiting;
        lock (_gate)
        {
            _stopped = true;
            waiting = [.. _queue];
            _queue.Clear();
            _counts = _counts with { Waiting = 0, Dropped = _counts.Dropped + waiting.Length };
            Monitor.PulseAll(_gate);
        }

        foreach (var item in waiting)
            item.Fail(new FailureException(Ending));
        foreach (var thread in _threads)
            thread.Join();
    }

    private static Failure Ending => Failure.Unavailable(Reasons.Draining, "this process is ending");

    private LinkedListNode<WorkItem> Enqueue(WorkItem item)
    {
        lock (_gate)
        {
            if (_stopped)
                throw new FailureException(Ending);
            if (_counts.Waiting >= _options.QueueLength)
            {
                _counts = _counts with { Rejected = _counts.Rejected + 1 };
                var retry = _meanWork * (_counts.Waiting + _counts.Running) / _threads.Length;
                throw new FailureException(Failure.Overloaded(
                    Reasons.QueueFull, $"{_counts.Waiting} pieces of work wait already; at most {_options.QueueLength} do",
                    retry > LeastRetry ? retry : LeastRetry));
            }

            _counts = _counts with { Received = _counts.Received + 1, Waiting = _counts.Waiting + 1 };
            var place = _queue.AddLast(item);
            Monitor.Pulse(_gate);
            return place;
        }
    }

    private void Drop(LinkedListNode<WorkItem> place)
    {
        lock (_gate)
        {
            if (place.List is null)
                return; // it runs already, or has run
            _queue.Remove(place);
            _counts = _counts with { Waiting = _counts.Waiting - 1, Dropped = _counts.Dropped + 1 };
            TellIdle();
        }

        place.Value.Fail(new FailureException(Failure.Cancelled("the caller went away or its deadline has passed before the work began")));
    }

    private void Work()
    {
        while (Next() is { } item)
        {
            var begun = Time.GetTimestamp();
            _metrics.Waited(Time.GetElapsedTime(item.Enqueued, begun));
            bool succeeded;
            using (EspressoTelemetry.Source.StartActivity(item.Operation, ActivityKind.Internal, item.Parent))
                succeeded = item.Execute(this);
            var took = Time.GetElapsedTime(begun);
            _metrics.Worked(item.Operation, took);
            Finished(succeeded, took);
        }

        _threadEnd();
    }

    private WorkItem? Next()
    {
        while (true)
        {
            LinkedListNode<SharedWork> others;
            lock (_gate)
            {
                while (_queue.First is null && _shared.First is null && !_stopped)
                    Monitor.Wait(_gate);
                if (_queue.First is { } first)
                {
                    _queue.RemoveFirst();
                    _counts = _counts with { Waiting = _counts.Waiting - 1, Running = _counts.Running + 1 };
                    return first.Value;
                }

                if (_shared.First is null)
                    return null;
                others = _shared.First;
            }

            others.Value.Help();
            Withdraw(others);
        }
    }

    /// <summary>All its parts have begun.</summary>
    private void Withdraw(LinkedListNode<SharedWork> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
                _shared.Remove(place);
        }
    }

    private void Finished(bool succeeded, TimeSpan took)
    {
        const double Newest = 0.1;
        lock (_gate)
        {
            _counts = _counts with
            {
                Running = _counts.Running - 1,
                Done = _counts.Done + (succeeded ? 1 : 0),
                Failed = _counts.Failed + (succeeded ? 0 : 1),
            };
            _meanWork += (took - _meanWork) * Newest;
            TellIdle();
        }
    }

    private void TellIdle()
    {
        if (_counts is not { Waiting: 0, Running: 0 })
            return;
        _idle?.SetResult();
        _idle = null;
    }
}

/// <param name="Workers">Threads.</param>
/// <param name="QueueLength">Pieces of work that may wait.</param>
/// <param name="TimeLimit">For each, from its beginning.</param>
internal sealed record WorkPoolOptions(int Workers, int QueueLength, TimeSpan TimeLimit);
