namespace Espresso.Minions.Batching;

/// <summary>The time until a device could take a new item: what the first free instance still runs, and all that waits at its best batch size.</summary>
internal static class BacklogForecast
{
    /// <param name="waiting">What waits, the open batch included.</param>
    /// <param name="busyUntil">When each instance is expected to be free.</param>
    public static TimeSpan Of(IReadOnlyList<BucketView> waiting, TimeSpan now, ReadOnlySpan<TimeSpan> busyUntil, CostTable costs)
    {
        var first = TimeSpan.MaxValue;
        foreach (var until in busyUntil)
            first = until < first ? until : first;
        var backlog = first > now ? first - now : TimeSpan.Zero;
        for (var i = 0; i < waiting.Count; i++)
            backlog += CostOf(waiting[i].Bucket, waiting[i].Rows, costs) / busyUntil.Length;
        return backlog;
    }

    private static TimeSpan CostOf(string bucket, int rows, CostTable costs)
    {
        var best = BatchPolicy.BestSize(bucket, costs.MaxBatch, costs);
        return ((rows / best) * costs.Estimate(bucket, best)) + costs.Estimate(bucket, rows % best);
    }
}
