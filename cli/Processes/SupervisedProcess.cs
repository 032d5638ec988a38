using System.ComponentModel;

namespace Espresso.Cli.Processes;

/// <summary>Runs one process until it is told to stop, and tells how it is.</summary>
internal sealed class SupervisedProcess(ProcessSpec spec, Restart restart, StartProcess start, IMeshObserver observer, TimeProvider time)
{
    private const int LinesKept = 12;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lastLines = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProcessStatus _status = new(spec.Name, ProcessState.Starting);

    /// <summary>Completes when the process is ready for the first time; fails when it ends before and is not started again.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the process is ready, or has fallen without which others can serve: a package that cannot load keeps nobody waiting. Never fails.</summary>
    public Task Tried => _tried.Task;

    /// <summary>Where it listens now.</summary>
    public ProcessStatus Status => _status;

    /// <summary>Runs until <paramref name="stop"/> asked the process to end and it did, or <paramref name="kill"/> ended it.</summary>
    /// <exception cref="ProcessFallException">It ended by itself and is not started again.</exception>
    public async Task Run(CancellationToken stop, CancellationToken kill)
    {
        var policy = new RestartPolicy();
        while (!stop.IsCancellationRequested && !kill.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var why = await RunOnce(stop, kill);
            if (stop.IsCancellationRequested || kill.IsCancellationRequested)
                break;

            ProcessFall fall;
            lock (_gate)
                fall = new ProcessFall(spec.Name, why, [.. _lastLines]);
            observer.Fell(fall);
            if (spec.Joins || restart != Restart.Always)
                _tried.TrySetResult();
            if (restart == Restart.Never || (restart == Restart.OnceReady && !_ready.Task.IsCompleted))
            {
                Change(status => status with { State = ProcessState.Failed, Detail = why, Id = null });
                var error = new ProcessFallException(fall);
                _ready.TrySetException(error);
                throw error;
            }

            var wait = policy.After(time.GetElapsedTime(started));
            Change(status => new(spec.Name, ProcessState.Down, $"{why}; starts again in {wait.TotalSeconds:0.#} s", Restarts: status.Restarts + 1));
            await Task.Delay(wait, time, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        _ready.TrySetCanceled(CancellationToken.None);
        _tried.TrySetResult();
        Change(status => new(spec.Name, ProcessState.Stopped, Restarts: status.Restarts));
    }

    /// <returns>How it ended.</returns>
    private async Task<string> RunOnce(CancellationToken stop, CancellationToken kill)
    {
        try
        {
            lock (_gate)
                _lastLines.Clear();
            Change(status => new(spec.Name, ProcessState.Starting, Restarts: status.Restarts));
            await using var child = start(spec, Heard);
            Change(status => status with { Id = child.Id });
            await using var asked = stop.Register(() =>
            {
                Change(status => status with { State = ProcessState.Stopping, Detail = "" });
                child.Ask();
            });
            await using var killed = kill.Register(child.Kill);
            return $"ended with exit code {await child.Exited}";
        }
        catch (Win32Exception error)
        {
            return $"did not start: {error.Message}";
        }
    }

    private void Heard(string text)
    {
        var line = OutputLine.Parse(text);
        lock (_gate)
        {
            _lastLines.Enqueue(text);
            if (_lastLines.Count > LinesKept)
                _lastLines.Dequeue();
        }

        observer.Wrote(spec.Name, line);
        if (line.Announcement == Announcement.Listening)
            Change(status => status with { Grpc = line.Grpc, Http = line.Http });
        if (line.Announcement == (spec.Joins ? Announcement.Joined : Announcement.Listening))
        {
            Change(status => status.State == ProcessState.Starting ? status with { State = ProcessState.Ready } : status);
            _ready.TrySetResult();
            _tried.TrySetResult();
        }
    }

    private void Change(Func<ProcessStatus, ProcessStatus> change)
    {
        lock (_gate) // observers hear of changes in their order
        {
            var before = _status;
            _status = change(before);
            if (_status != before)
                observer.Changed(_status);
        }
    }
}
