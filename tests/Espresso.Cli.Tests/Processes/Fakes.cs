using System.Collections.Concurrent;
using System.Threading.Channels;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Processes;

/// <summary>A process that does what the test says. Asked, it ends by itself only if <see cref="Obeys"/>.</summary>
internal sealed class FakeChild(int id, Action<string> line, bool obeys) : IChildProcess
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Id => id;

    public Task<int> Exited => _exit.Task;

    public bool Obeys => obeys;

    /// <summary>Completes when it is asked to end.</summary>
    public Task Asked => _asked.Task;

    public bool WasAsked => Asked.IsCompleted;

    public bool WasKilled { get; private set; }

    public void Writes(string text) => line(text);

    public void Exits(int code) => _exit.TrySetResult(code);

    public void Ask()
    {
        _asked.TrySetResult();
        if (Obeys)
            Exits(0);
    }

    public void Kill()
    {
        WasKilled |= !_exit.Task.IsCompleted;
        Exits(137);
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Starts <see cref="FakeChild"/>ren and hands each to the test.</summary>
/// <param name="deaf">The name of the process that does not end when it is asked; "*": none does.</param>
internal sealed class FakeStarter(string deaf = "")
{
    private readonly Channel<FakeChild> _started = Channel.CreateUnbounded<FakeChild>();
    private int _count;

    public int Count => _count;

    public IChildProcess Start(ProcessSpec spec, Action<string> line)
    {
        var child = new FakeChild(100 + Interlocked.Increment(ref _count), line, obeys: deaf != "*" && deaf != spec.Name);
        _started.Writer.TryWrite(child);
        return child;
    }

    public async Task<FakeChild> Next() => await _started.Reader.ReadAsync(TestContext.Current.CancellationToken);
}

internal sealed class Recorder : IMeshObserver
{
    public ConcurrentQueue<ProcessStatus> Changes { get; } = [];

    public ConcurrentQueue<ProcessFall> Falls { get; } = [];

    public ConcurrentQueue<string> Lines { get; } = [];

    public IEnumerable<ProcessState> States => Changes.Select(status => status.State).Aggregate(
        new List<ProcessState>(), (states, state) => states.Count > 0 && states[^1] == state ? states : [.. states, state]);

    public void Changed(ProcessStatus status) => Changes.Enqueue(status);

    public void Wrote(string process, OutputLine line) => Lines.Enqueue($"{process}: {line.Text}");

    public void Fell(ProcessFall fall) => Falls.Enqueue(fall);
}
