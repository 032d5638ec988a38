using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Sharing;

namespace Espresso.Coordinator.Admission;

/// <summary>The slots of one request, a step each. Each is given back exactly once: when its step is over, or at the end with the rest.</summary>
internal sealed class Reservation : IDisposable
{
    private readonly Slot[] _slots;

    /// <param name="outlooks">Of the plan's steps, in their order; one that joins another's run takes no slot.</param>
    public Reservation(Plan plan, IReadOnlyList<Outlook> outlooks, HeldRuns held)
    {
        _slots = [.. plan.Steps.Select((step, i) => new Slot(step.Version.Load, outlooks[i].Flow, held))];
        for (var i = 0; i < _slots.Length; i++)
        {
            if (!outlooks[i].Joins)
                _slots[i].Take();
        }
    }

    /// <summary>Tells others, before anything runs, what the slots are for.</summary>
    /// <param name="runs">Of the plan's steps, in their order.</param>
    /// <param name="deadline">The request's, by the uptime.</param>
    public void Share(IReadOnlyList<RunIdentity> runs, TimeSpan deadline)
    {
        for (var i = 0; i < _slots.Length; i++)
            _slots[i].Share(runs[i], deadline);
    }

    /// <summary>The minion has answered for the step, or another request's run is this one's as well: somebody else may have the place.</summary>
    public void Release(int step) => _slots[step].Dispose();

    /// <summary>The step's slot for a run that may outlast this request, since others have joined it. Who had given it back, or had none, gets one.</summary>
    /// <returns>Disposed when the run is over.</returns>
    public IDisposable Lend(int step) => _slots[step].Lend();

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private sealed class Slot(VersionLoad load, Flow flow, HeldRuns held) : IDisposable
    {
        private RunIdentity? _run;
        private TimeSpan _deadline;
        private int _isHeld;

        public void Take()
        {
            load.Reserve(flow);
            if (_run is { } run)
                held.Add(run, _deadline);
            _isHeld = 1;
        }

        public void Share(RunIdentity run, TimeSpan deadline)
        {
            (_run, _deadline) = (run, deadline);
            if (_isHeld == 1)
                held.Add(run, deadline);
        }

        /// <summary>The same slot in another's hands; a new one where there is none.</summary>
        public Slot Lend()
        {
            var lent = new Slot(load, flow, held) { _run = _run, _deadline = _deadline };
            lent.Take();
            Dispose();
            return lent;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isHeld, 0) == 0)
                return;
            load.Release(flow);
            if (_run is { } run)
                held.Remove(run);
        }
    }
}
