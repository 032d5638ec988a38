using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Admission;

/// <summary>The slots of one request, a step each. Each is given back exactly once: when its step is over, or at the end with the rest.</summary>
internal sealed class Reservation : IDisposable
{
    private readonly VersionSlots?[] _slots;

    public Reservation(Plan plan)
    {
        _slots = [.. plan.Steps.Select(step => step.Version.Slots)];
        foreach (var slots in _slots)
            slots!.Reserve();
    }

    /// <summary>The minion has answered for the step: another request may have the place.</summary>
    public void Release(int step) => Interlocked.Exchange(ref _slots[step], null)?.Release();

    public void Dispose()
    {
        for (var step = 0; step < _slots.Length; step++)
            Release(step);
    }
}
