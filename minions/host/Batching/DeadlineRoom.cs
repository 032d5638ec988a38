namespace Espresso.Minions.Batching;

/// <summary>What deadlines leave room for, by the measured costs.</summary>
internal static class DeadlineRoom
{
    /// <summary>What is waited for and what runs may take so much longer than forecast; what ends on the deadline by forecast is late as often as not.</summary>
    private const double Doubt = 1.1;

    /// <summary>Whether what starts then is over by the deadline, however much it is doubted.</summary>
    public static bool Allows(TimeSpan start, TimeSpan cost, TimeSpan deadline) => deadline == TimeSpan.MaxValue || start + (cost * Doubt) <= deadline;

    /// <summary>
    /// Rows that a batch may have so that its most urgent item is in time, and so can be those that wait in other buckets. Who cannot be in
    /// time, whatever is done, does not count.
    /// </summary>
    /// <param name="most">Rows at the most.</param>
    /// <param name="deadline">The batch's earliest.</param>
    /// <param name="waiting">What waits; in the batch's own bucket it does not count.</param>
    public static int Rows(string bucket, int most, TimeSpan start, TimeSpan deadline, IReadOnlyList<BucketView> waiting, CostTable costs)
    {
        var soonest = start + costs.Estimate(bucket, 1);
        var end = soonest <= deadline ? deadline : TimeSpan.MaxValue;
        for (var i = 0; i < waiting.Count; i++)
        {
            var other = waiting[i];
            if (other.Deadline == TimeSpan.MaxValue || string.Equals(other.Bucket, bucket, StringComparison.Ordinal))
                continue;
            var own = costs.Estimate(other.Bucket, 1);
            if (soonest + own <= other.Deadline && other.Deadline - (own * Doubt) < end)
                end = other.Deadline - (own * Doubt);
        }

        var rows = most;
        while (rows > 1 && !Allows(start, costs.Estimate(bucket, rows), end))
            rows--;
        return rows;
    }

    /// <summary>How much later than its time an item would be done that came now; zero or less: it is in time.</summary>
    /// <remarks>
    /// It runs after what is before it, in a batch that those behind it may join until it starts. They make it longer, but to no more than
    /// half of what is left: an item that came when a batch had just begun is done after that one and its own.
    /// </remarks>
    /// <param name="before">Until its batch could start.</param>
    /// <param name="left">Until its deadline.</param>
    public static TimeSpan Excess(TimeSpan before, string bucket, int rows, TimeSpan left, CostTable costs)
    {
        var run = costs.Estimate(bucket, rows);
        var best = BatchPolicy.BestSize(bucket, costs.MaxBatch, costs);
        if (best > rows && run > TimeSpan.Zero)
        {
            // Where nobody is waited for nobody joins. The prices may have been forgotten since the line above, and 0 / 0 is no number.
            var joining = before > TimeSpan.Zero ? Math.Min(1, before.TotalMilliseconds / BatchPolicy.Marginal(bucket, costs) / (best - rows)) : 0;
            var grown = run + (joining * (costs.Estimate(bucket, best) - run));
            run = Later(run, Earlier(grown, left / 2));
        }

        return ((before + run) * Doubt) - left;
    }

    /// <summary>The same where it joins a batch that stands open.</summary>
    /// <param name="start">Until that starts.</param>
    /// <param name="rows">That it may grow to.</param>
    public static TimeSpan ExcessInOpenBatch(TimeSpan start, string bucket, int rows, TimeSpan left, CostTable costs) =>
        ((start + costs.Estimate(bucket, rows)) * Doubt) - left;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
