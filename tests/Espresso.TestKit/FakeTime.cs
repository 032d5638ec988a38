namespace Espresso.TestKit;

/// <summary>A clock that moves only when it is told to. Timers fire in their order, each at its own time, on the thread that advances.</summary>
public sealed class FakeTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly List<(Func<bool> Holds, TaskCompletionSource Reached)> _waiters = [];
    private DateTimeOffset _now;
    private long _order;

    public FakeTime()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public FakeTime(DateTimeOffset start) => _now = start.ToUniversalTime();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>Moves the clock on, stopping at every timer on the way to fire it.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = GetUtcNow() + by;
        while (Next(end) is { } timer)
            timer.Fire();
        lock (_gate)
            _now = end;
    }

    /// <summary>Moves the clock on as over a process that was stopped meanwhile: what was due fires at the end, late.</summary>
    public void Pause(TimeSpan by)
    {
        lock (_gate)
            _now += by;
        Advance(TimeSpan.Zero);
    }

    /// <summary>Completes once at least <paramref name="timers"/> timers are set: the code under test waits for the clock.</summary>
    public Task WhenWaiting(int timers = 1) => When(() => _timers.Count >= timers);

    /// <summary>
    /// Completes once a timer is due in exactly this time: the code under test waits for it. Where one wait follows another, the timer of the one
    /// before may still be there, and to count them would not do.
    /// </summary>
    public Task WhenDueIn(TimeSpan wait) => When(() => _timers.Exists(timer => timer.Due - _now == wait));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Task When(Func<bool> holds)
    {
        lock (_gate)
        {
            if (holds())
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((holds, reached));
            return reached.Task;
        }
    }

    /// <summary>Takes out the first timer due until <paramref name="end"/> and sets the clock to its time.</summary>
    private FakeTimer? Next(DateTimeOffset end)
    {
        lock (_gate)
        {
            var timer = _timers.Where(timer => timer.Due <= end).MinBy(timer => (timer.Due, timer.Order));
            if (timer is null)
                return null;
            if (timer.Due > _now)
                _now = timer.Due;
            _timers.Remove(timer);
            if (timer.Period > TimeSpan.Zero)
                Set(timer, timer.Due + timer.Period);
            return timer;
        }
    }

    private void Set(FakeTimer timer, DateTimeOffset due)
    {
        timer.Due = due;
        timer.Order = _order++;
        _timers.Add(timer);
        _waiters.RemoveAll(waiter => waiter.Holds() && waiter.Reached.TrySetResult());
    }

    private sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public DateTimeOffset Due { get; set; }

        public long Order { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (_disposed)
                    return false;
                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    time.Set(this, time._now + dueTime);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
