using Espresso.Coordinator.Planning;

namespace Espresso.Coordinator.Admission;

/// <summary>The slots of one request, a step each. Each is given back exactly once: when its step is over, or at the end with the rest.</summary>
internal sealed class Reservation : IDisposable
{
    private readonly Slot[] _slots;

    /// <param name="outlooks">Of the plan's steps, in their order.</param>
    public Reservation(Plan plan, IReadOnlyList<Outlook> outlooks) =>
        _slots = [.. plan.Steps.Select((step, i) => new Slot(step.Version.Load, outlooks[i].Flow))];

    /// <summary>The minion has answered for the step, or another request's run is this one's as well: somebody else may have the place.</summary>
    public void Release(int step) => _slots[step].Dispose();

    /// <summary>The step's slot for a run that may outlast this request, since others have joined it. Who had given it back gets another one.</summary>
    /// <returns>Disposed when the run is over.</returns>
    public IDisposable Lend(int step) => _slots[step].Lend();

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    /// <summary>Taken when it is made.</summary>
    private sealed class Slot : IDisposable
    {
        private readonly VersionLoad _load;
        private readonly Flow _flow;
        private int _isHeld = 1;

        public Slot(VersionLoad load, Flow flow)
        {
            (_load, _flow) = (load, flow);
            load.Reserve(flow);
        }

        /// <summary>The same slot in another's hands; a new one where this one has gone.</summary>
        public Slot Lend()
        {
            var lent = new Slot(_load, _flow);
            Dispose();
            return lent;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isHeld, 0) == 1)
                _load.Release(_flow);
        }
    }
}
