using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Routing;

/// <summary>Which replica gets an item: of two random ones, and of the one whose next batch is filling up, that which is forecast to finish first.</summary>
/// <remarks>
/// One for each model version. Two random choices keep the load even without a walk over all, and without all coordinators
/// running to the same replica between two reports (Mitzenmacher, "The power of two choices in randomized load balancing", 2001). The one whose
/// batch fills up saves a device its fixed cost, and two random ones seldom meet it; it is taken only where nothing is done later for that.
/// </remarks>
internal sealed class ReplicaChoice
{
    /// <summary>Neighbours that are looked at where a random pick takes no work, before the search is given up for a walk.</summary>
    private const int Probes = 8;

    /// <summary>Who got the last item, if his next batch had room.</summary>
    private Filling? _filling;

    /// <param name="except">Not that one; null: any.</param>
    /// <param name="bucket">Of the item's shape; null: the only one.</param>
    /// <returns>Index in <paramref name="candidates"/>; -1: nobody takes work.</returns>
    public int Pick(ReadOnlySpan<ReplicaState> candidates, ReplicaState? except, string? bucket, TimeSpan now, Random random)
    {
        var start = random.Next(Math.Max(1, candidates.Length));
        var first = Usable(candidates, except, start, skip: -1, now);
        if (first < 0)
            return Ejected(candidates, except, start);
        var second = candidates.Length > 1 ? Usable(candidates, except, random.Next(candidates.Length), skip: first, now) : -1;
        var (best, finish) = (first, Finish(candidates[first], bucket, now));
        if (second >= 0 && Finish(candidates[second], bucket, now) is var other && other.CompareTo(finish) < 0)
            (best, finish) = (second, other);
        if (Volatile.Read(ref _filling) is { } filling && string.Equals(filling.Bucket, bucket, StringComparison.Ordinal))
        {
            var affine = filling.Index < candidates.Length && candidates[filling.Index] == filling.State ? filling.Index : -1;
            if (affine >= 0 && filling.State != except && filling.State.Takes(now) && filling.State.RowsToJoin(bucket, now) > 0
                && Finish(filling.State, bucket, now).CompareTo(finish) <= 0)
                return affine;
        }

        return best;
    }

    /// <summary>The item went to <paramref name="state"/>, which stood at <paramref name="index"/>.</summary>
    public void Sent(int index, ReplicaState state, string? bucket, TimeSpan now)
    {
        var filling = Volatile.Read(ref _filling);
        if (state.RowsToJoin(bucket, now) > 0)
        {
            if (filling is null || filling.State != state || filling.Index != index || !string.Equals(filling.Bucket, bucket, StringComparison.Ordinal))
                Volatile.Write(ref _filling, new Filling(index, state, bucket));
        }
        else if (filling is not null && filling.State == state)
        {
            Volatile.Write(ref _filling, null);
        }
    }

    /// <summary>One that is full, as far as is known here, comes after all others: it would refuse, and the next call would be a retry.</summary>
    private static (bool IsFull, TimeSpan Finish) Finish(ReplicaState state, string? bucket, TimeSpan now) =>
        (state.Pending >= state.MaxPending, state.ForecastFinish(bucket, 1, now));

    /// <summary>The first that takes work at <paramref name="start"/> or after it, round the end; -1: none.</summary>
    private static int Usable(ReadOnlySpan<ReplicaState> candidates, ReplicaState? except, int start, int skip, TimeSpan now)
    {
        for (var step = 0; step < candidates.Length; step++)
        {
            var index = start + step < candidates.Length ? start + step : start + step - candidates.Length;
            if (index != skip && candidates[index] != except && candidates[index].Takes(now))
                return index;
            if (step == Probes && skip >= 0)
                return -1; // one choice is enough where nearly all are out
        }

        return -1;
    }

    /// <summary>Where all are ejected, one of them is better than none.</summary>
    private static int Ejected(ReadOnlySpan<ReplicaState> candidates, ReplicaState? except, int start)
    {
        for (var step = 0; step < candidates.Length; step++)
        {
            var index = (start + step) % candidates.Length;
            if (candidates[index] != except && candidates[index].IsOpen)
                return index;
        }

        return -1;
    }

    private sealed record Filling(int Index, ReplicaState State, string? Bucket);
}
