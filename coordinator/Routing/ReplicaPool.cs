using System.Collections.Immutable;
using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Routing;

/// <summary>The replicas that take new work of one kind at one moment, and the choice among them, which outlives the moment.</summary>
internal sealed class ReplicaPool(ImmutableArray<Replica> replicas, ReplicaChoice choice)
{
    private readonly ReplicaState[] _states = [.. replicas.Select(replica => replica.State)];

    public static ReplicaPool Empty { get; } = new([], new ReplicaChoice());

    public bool IsEmpty => _states.Length == 0;

    public ReadOnlySpan<ReplicaState> States => _states;

    /// <summary>The chosen one, which the caller has entered and must exit; null: nobody takes work.</summary>
    /// <inheritdoc cref="ReplicaChoice.Pick" path="/param"/>
    public Replica? Enter(ReplicaState? except, string? bucket, TimeSpan now, Random random)
    {
        int index;
        while ((index = choice.Pick(_states, except, bucket, now, random)) >= 0)
        {
            var state = _states[index];
            if (!state.TryEnter(bucket, 1, now))
                continue; // it left between the choice and now, and is chosen no more
            choice.Sent(index, state, bucket, now);
            return replicas[index];
        }

        return null;
    }
}
