namespace Espresso.Minions.Batching;

/// <summary>Why a batch left the queue.</summary>
internal enum ReleaseReason
{
    /// <summary>It has the size that is cheapest an item.</summary>
    Full,

    /// <summary>The device is free and waiting is not forecast to pay.</summary>
    DeviceFree,

    /// <summary>It waited for others as long as that was worth it.</summary>
    HeldEnough,

    /// <summary>Its earliest deadline allows no more waiting.</summary>
    Deadline,
}

internal static class ReleaseReasons
{
    /// <summary>As replies and metrics have it.</summary>
    public static string WireName(this ReleaseReason reason) => reason switch
    {
        ReleaseReason.Full => "full",
        ReleaseReason.DeviceFree => "device_free",
        ReleaseReason.HeldEnough => "held_enough",
        _ => "deadline",
    };
}

/// <summary>Either <see cref="Rows"/> of <see cref="Bucket"/> now, or nothing before <see cref="WaitUntil"/> (maximum: until something comes).</summary>
internal readonly record struct BatchDecision(string? Bucket, int Rows, ReleaseReason Reason, TimeSpan WaitUntil)
{
    public static BatchDecision Take(string bucket, int rows, ReleaseReason reason) => new(bucket, rows, reason, default);

    public static BatchDecision Wait(TimeSpan until) => new(null, 0, default, until);
}

/// <summary>What a free device should do now, as a pure function of what waits, the time, and the measured costs.</summary>
internal static class BatchPolicy
{
    /// <summary>Expected gaps without an arrival after which the forecast is asked again.</summary>
    private const int Patience = 3;

    /// <summary>How often it is asked while a batch is held, however small the gaps are: a wait that is over at once would be a busy loop.</summary>
    private const int MostLooks = 8;

    /// <param name="waiting">The buckets; empty ones are not listed.</param>
    /// <param name="freeInstances">Devices that could start now, this one included.</param>
    /// <param name="freeSince">Since when this device has nothing to do.</param>
    /// <param name="nextArrival">The expected time to the next arrival.</param>
    public static BatchDecision Decide(
        IReadOnlyList<BucketView> waiting, TimeSpan now, int freeInstances, TimeSpan freeSince, TimeSpan nextArrival, CostTable costs)
    {
        if (waiting.Count == 0)
            return BatchDecision.Wait(TimeSpan.MaxValue);

        var bucket = MostUrgent(waiting, now, costs);
        // Work for several free devices is shared out; a batch on one of them would leave the others idle.
        var share = (bucket.Rows + freeInstances - 1) / freeInstances;
        var best = BestSize(bucket.Bucket, costs.MaxBatch, costs);
        if (costs.AsksAgain(bucket.Bucket, best))
            return BatchDecision.Take(bucket.Bucket, 1, ReleaseReason.DeviceFree);
        var rows = DeadlineRoom.Rows(bucket.Bucket, Math.Min(share, SizeFor(bucket.Bucket, share, costs)), now, bucket.Deadline, waiting, costs);

        if (rows >= best)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.Full);
        if (rows < share)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.Deadline);
        if (freeInstances > 1)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.DeviceFree);

        var worth = WorthOfHolding(bucket.Bucket, rows, costs);
        if (nextArrival >= worth)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.DeviceFree);
        // What waited while the device was busy was not held; the clock starts when the device and the first item are both there.
        var until = Later(bucket.Since, freeSince) + worth;
        if (now >= until)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.HeldEnough);
        var latest = bucket.Deadline - costs.Estimate(bucket.Bucket, rows + 1);
        if (now >= latest)
            return BatchDecision.Take(bucket.Bucket, rows, ReleaseReason.Deadline);
        var again = Later(Patience * nextArrival, (worth / MostLooks) + TimeSpan.FromTicks(1));
        return BatchDecision.Wait(Earlier(Earlier(until, latest), now + again));
    }

    /// <summary>
    /// Whether a bucket's most urgent item is to be given up: it cannot be in time, or the batch that is small enough for it leaves others
    /// behind who are late for that. Else one lost item after the other makes the batches small, and all late.
    /// </summary>
    /// <param name="rows">That wait.</param>
    /// <param name="open">Rows of the open batch that it would join.</param>
    /// <param name="byDeadline">What waits with a deadline, the earliest first.</param>
    /// <param name="start">When the next batch can start.</param>
    public static bool IsHopeless<T>(string bucket, int rows, int open, SortedSet<T> byDeadline, TimeSpan start, CostTable costs)
        where T : WorkItem
    {
        if (byDeadline.Min is not { } first || InTime(Math.Min(open + rows, costs.MaxBatch)))
            return false;
        if (start + costs.Estimate(bucket, open + first.Rows) > first.Deadline)
            return true;
        var whole = Math.Min(open + rows, BestSize(bucket, costs.MaxBatch, costs));
        var size = whole;
        while (size > open + first.Rows && !InTime(size))
            size--;
        if (size == whole)
            return false;
        var (room, after) = (size - open, start + costs.Estimate(bucket, size) + costs.Estimate(bucket, Math.Min(open + rows - size, whole)));
        foreach (var item in byDeadline)
        {
            room -= item.Rows;
            if (room < 0)
                return item.Deadline < after;
        }

        return false;

        bool InTime(int size) => DeadlineRoom.Allows(start, costs.Estimate(bucket, size), first.Deadline);
    }

    /// <summary>The smallest size whose cost an item is within a hair of the best.</summary>
    public static int BestSize(string bucket, int max, CostTable costs)
    {
        var best = 1;
        var cheapest = costs.Estimate(bucket, 1).TotalMilliseconds;
        for (var size = 2; size <= max; size++)
        {
            var each = costs.Estimate(bucket, size).TotalMilliseconds / size;
            if (each >= cheapest * (1 - costs.WorthwhileGain))
                continue;
            cheapest = each;
            best = size;
        }

        return best;
    }

    /// <summary>
    /// The size to aim at where so many rows wait already: the best, or more of them as long as each is cheaper still. Nobody waits for such a
    /// batch to fill, so even a hair is worth having, where the device is steady enough to tell it.
    /// </summary>
    public static int SizeFor(string bucket, int waiting, CostTable costs)
    {
        var size = BestSize(bucket, costs.MaxBatch, costs);
        if (!costs.IsSteady)
            return size;
        var cheapest = costs.Estimate(bucket, size).TotalMilliseconds / size;
        for (var larger = size + 1; larger <= Math.Min(waiting, costs.MaxBatch); larger++)
        {
            var each = costs.Estimate(bucket, larger).TotalMilliseconds / larger;
            if (each < cheapest)
                (size, cheapest) = (larger, each);
        }

        return size;
    }

    /// <summary>Rows of a bucket that wait; asked for every item that is staged, so without a closure.</summary>
    public static int RowsOf(string bucket, List<BucketView> waiting)
    {
        foreach (var view in waiting)
        {
            if (string.Equals(view.Bucket, bucket, StringComparison.Ordinal))
                return view.Rows;
        }

        return 0;
    }

    /// <summary>Milliseconds that one more row costs a busy device.</summary>
    public static double Marginal(string bucket, CostTable costs)
    {
        var best = BestSize(bucket, costs.MaxBatch, costs);
        return costs.Estimate(bucket, best).TotalMilliseconds / best;
    }

    /// <summary>The flow that is due first; of its buckets the one with the least slack: the time its most urgent item has left when it starts now; where none has a deadline, the oldest.</summary>
    private static BucketView MostUrgent(IReadOnlyList<BucketView> waiting, TimeSpan now, CostTable costs)
    {
        var urgent = waiting[0];
        for (var i = 1; i < waiting.Count; i++)
        {
            var other = waiting[i];
            var order = urgent.Start.CompareTo(other.Start);
            if (order == 0)
                order = urgent.Priority.CompareTo(other.Priority);
            if (order == 0)
                order = Slack(urgent, now, costs).CompareTo(Slack(other, now, costs));
            if (order == 0)
                order = urgent.Since.CompareTo(other.Since);
            if (order > 0)
                urgent = other;
        }

        return urgent;
    }

    private static TimeSpan Slack(BucketView bucket, TimeSpan now, CostTable costs) =>
        bucket.Deadline == TimeSpan.MaxValue ? TimeSpan.MaxValue : bucket.Deadline - now - costs.Estimate(bucket.Bucket, 1);

    /// <summary>How long a batch of <paramref name="rows"/> may be held for one more item; zero or less where that never pays.</summary>
    /// <remarks>
    /// Going now, the next item waits for this batch and then runs alone; holding, all wait for it and run together. The sum of the
    /// finishing times is smaller when holding as long as t · (rows + 1) &lt; saved − rows · marginal, where t is the wait, saved is the
    /// device time that one batch instead of two saves, and marginal is what the item adds to the batch.
    /// </remarks>
    private static TimeSpan WorthOfHolding(string bucket, int rows, CostTable costs)
    {
        var alone = costs.Estimate(bucket, 1);
        var now = costs.Estimate(bucket, rows);
        var joined = costs.Estimate(bucket, rows + 1);
        return (alone + now - joined - (rows * (joined - now))) / (rows + 1);
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
