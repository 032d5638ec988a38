using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Routing;

/// <summary>Stands by one call, and ends it when its replica has fallen silent or has lost its lease, if the call may go elsewhere.</summary>
internal sealed class SilenceWatch : IDisposable
{
    /// <summary>A timer that comes later than that tells of a pause here, not of the replica: what it sent meanwhile is still to be read.</summary>
    private static readonly TimeSpan OwnPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly ReplicaState _state;
    private readonly Func<bool> _mayLeave;
    private readonly CancellationTokenSource _call;
    private readonly TimeSpan _most;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _lost;
    private TimeSpan _due;
    private bool _over;

    /// <param name="mayLeave">Asked when the replica is silent: somebody else can take the call, and the budget has paid for it.</param>
    /// <param name="call">Cancelled when it may.</param>
    /// <param name="most">What the call can afford to wait in silence.</param>
    public SilenceWatch(Replica replica, Func<bool> mayLeave, CancellationTokenSource call, TimeSpan most, TimeProvider time)
    {
        (_state, _mayLeave, _call, _most, _time) = (replica.State, mayLeave, call, most, time);
        _timer = time.CreateTimer(static watch => ((SilenceWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lock (_gate)
            Rest(_time.Uptime());
        _lost = replica.Lost.UnsafeRegister(static watch => ((SilenceWatch)watch!).Leave(), this);
    }

    /// <summary>The call was ended from here.</summary>
    public bool HasLeft { get; private set; }

    public void Dispose()
    {
        lock (_gate)
            _over = true;
        _timer.Dispose();
        _lost.Unregister(); // does not wait: whoever is in Leave finds it over
    }

    private void Look()
    {
        lock (_gate)
        {
            var now = _time.Uptime();
            if (_over)
                return;
            if (now - _due > OwnPause)
                Set(now, OwnPause);
            else if (_state.SilentAt(_most) > now)
                Rest(now);
            else if (!TryLeave())
                Set(now, OwnPause * 5);
        }
    }

    private void Leave()
    {
        lock (_gate)
            TryLeave();
    }

    /// <summary>Under the gate.</summary>
    private bool TryLeave()
    {
        if (_over || !_mayLeave())
            return false;
        _over = true;
        HasLeft = true;
        _ = _call.CancelAsync(); // not here: the call's end takes the gate
        return true;
    }

    private void Rest(TimeSpan now)
    {
        var left = _state.SilentAt(_most) - now;
        Set(now, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private void Set(TimeSpan now, TimeSpan wait)
    {
        _due = now + wait;
        // A tick more: a timer that is due a hair early would ask again at once.
        _timer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }
}
