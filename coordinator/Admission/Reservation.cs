using Espresso.Coordinator.Planning;

namespace Espresso.Coordinator.Admission;

/// <summary>The slots of one request, a step each. Each is given back exactly once: when its step is over, or at the end with the rest.</summary>
internal sealed class Reservation : IDisposable
{
    private readonly Slot?[] _slots;

    /// <param name="outlooks">Of the plan's steps, in their order.</param>
    public Reservation(Plan plan, IReadOnlyList<Outlook> outlooks)
    {
        _slots = [.. plan.Steps.Select((step, i) => new Slot(step.Version.Load, outlooks[i].Flow))];
        foreach (var slot in _slots)
            slot!.Load.Reserve(slot.Flow);
    }

    /// <summary>The minion has answered for the step: another request may have the place.</summary>
    public void Release(int step)
    {
        if (Interlocked.Exchange(ref _slots[step], null) is { } slot)
            slot.Load.Release(slot.Flow);
    }

    public void Dispose()
    {
        for (var step = 0; step < _slots.Length; step++)
            Release(step);
    }

    private sealed record Slot(VersionLoad Load, Flow Flow);
}
