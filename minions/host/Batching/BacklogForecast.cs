namespace Espresso.Minions.Batching;

/// <summary>The time until a device could take a new item: what the first free instance still runs, and all that waits at its best batch size.</summary>
internal static class BacklogForecast
{
    /// <param name="waiting">What waits in the queue.</param>
    /// <param name="open">The open batch; null: there is none.</param>
    /// <param name="busyUntil">When each instance is expected to be free.</param>
    /// <param name="share">Of what waits in the queue, that which is served before the new item.</param>
    public static TimeSpan Of(
        IReadOnlyList<BucketView> waiting, BucketView? open, TimeSpan now, ReadOnlySpan<TimeSpan> busyUntil, CostTable costs, double share = 1)
    {
        var first = TimeSpan.MaxValue;
        foreach (var until in busyUntil)
            first = until < first ? until : first;
        var work = TimeSpan.Zero;
        for (var i = 0; i < waiting.Count; i++)
            work += CostOf(waiting[i], costs);
        work *= share;
        if (open is { } growing)
            work += CostOf(growing, costs);
        return (first > now ? first - now : TimeSpan.Zero) + (work / busyUntil.Length);
    }

    private static TimeSpan CostOf(in BucketView waiting, CostTable costs)
    {
        var best = BatchPolicy.BestSize(waiting.Bucket, costs.MaxBatch, costs);
        return ((waiting.Rows / best) * costs.Estimate(waiting.Bucket, best)) + costs.Estimate(waiting.Bucket, waiting.Rows % best);
    }
}
