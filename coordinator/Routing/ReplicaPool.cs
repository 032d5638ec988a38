using System.Collections.Immutable;
using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Routing;

/// <summary>The replicas that may be called for one kind of work at one moment, and what routing remembers of them, which outlives the moment.</summary>
internal sealed class ReplicaPool(ImmutableArray<Replica> replicas, RouteState route)
{
    private readonly ReplicaState[] _states = [.. replicas.Select(replica => replica.State)];

    /// <summary>Of all that hold a lease: those that drain only where nobody else is there.</summary>
    public static ReplicaPool Of(ImmutableArray<Replica> replicas, RouteState route)
    {
        ImmutableArray<Replica> live = [.. replicas.Where(replica => !replica.Draining)];
        return new ReplicaPool(live.IsEmpty ? replicas : live, route);
    }

    public RouteState Route => route;

    public ReadOnlySpan<ReplicaState> States => _states;

    /// <summary>The chosen one, which the caller has entered and must exit; null: nobody takes work.</summary>
    /// <inheritdoc cref="ReplicaChoice.Pick" path="/param"/>
    public Replica? Enter(ReplicaState? except, string? bucket, TimeSpan now, Random random)
    {
        int index;
        while ((index = route.Choice.Pick(_states, except, bucket, now, random)) >= 0)
        {
            var state = _states[index];
            if (!state.TryEnter(bucket, 1, now))
                continue; // it left between the choice and now, and is chosen no more
            route.Choice.Sent(index, state, bucket, now);
            return replicas[index];
        }

        return null;
    }

    /// <summary>Somebody else takes work, and is not ejected.</summary>
    public bool HasOther(ReplicaState than, TimeSpan now)
    {
        foreach (var state in _states)
        {
            if (state != than && state.Takes(now))
                return true;
        }

        return false;
    }

    /// <summary>Somebody else could be asked, be he ejected.</summary>
    public bool HasOpen(ReplicaState than)
    {
        foreach (var state in _states)
        {
            if (state != than && state.IsOpen)
                return true;
        }

        return false;
    }

    /// <summary>Tells a replica how a call to it ended; one that fails again and again is ejected, but never the last one.</summary>
    /// <returns>True: it has just been ejected.</returns>
    public bool Ended(ReplicaState state, CallEnd end, TimeSpan now)
    {
        if (!state.Ended(end, now) || !HasOther(state, now))
            return false;
        state.Eject(now);
        return true;
    }
}
