using Espresso.Protos.Registry;

namespace Espresso.Leases;

/// <summary>Of a model's traffic as several coordinators tell it, which one counts.</summary>
public static class TrafficStates
{
    /// <param name="other">Null: none is known.</param>
    public static bool IsNewerThan(this TrafficState state, TrafficState? other)
    {
        if (other is null)
            return true;
        var order = state.Revision.CompareTo(other.Revision);
        if (order == 0)
            order = state.AtMs.CompareTo(other.AtMs);
        return order == 0 ? string.CompareOrdinal(state.Coordinator, other.Coordinator) > 0 : order > 0;
    }
}
