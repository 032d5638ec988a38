using Microsoft.Extensions.Logging;

namespace Espresso.TestKit;

/// <summary>What a host logs, to be waited for.</summary>
public sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Part, TaskCompletionSource Seen)> _waiters = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>Completes when a line with <paramref name="part"/> has been logged.</summary>
    public Task Said(string part)
    {
        lock (_gate)
        {
            if (_lines.Exists(line => line.Contains(part)))
                return Task.CompletedTask;
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((part, seen));
            return seen.Task.WaitAsync(Patience.Limit);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)}";
        lock (_gate)
        {
            _lines.Add(line);
            foreach (var waiter in _waiters.Where(waiter => line.Contains(waiter.Part)))
                waiter.Seen.TrySetResult();
        }
    }

    public void Dispose()
    {
        // the host's, which ends before the test reads the lines
    }
}
