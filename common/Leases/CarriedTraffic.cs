using Espresso.Protos.Registry;

namespace Espresso.Leases;

/// <summary>The newest traffic that a process's coordinators have told it, for those that do not know it yet. Thread-safe.</summary>
internal sealed class CarriedTraffic
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TrafficState? _newest;

    public void Take(TrafficState state)
    {
        lock (_gate)
        {
            if (!state.IsNewerThan(_newest))
                return;
            _newest = state;
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The newest, null where none is, and what completes when there is a newer one.</summary>
    public (TrafficState? Newest, Task Changed) Look()
    {
        lock (_gate)
            return (_newest, _changed.Task);
    }
}
