namespace Espresso.Minions.Batching;

/// <summary>What waits for the device: a place in a bucket, an order, and a limit in time.</summary>
internal class WorkItem
{
    /// <summary>The shapes of one item's tensors; only items of one bucket share a batch.</summary>
    public required string Bucket { get; init; }

    /// <summary>Items along the batch axis that this request brings; 1 but for clients that batch themselves.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>1 is served first; 0, the protocol's default, counts as <see cref="DefaultPriority"/>.</summary>
    public int Priority { get; init; } = DefaultPriority;

    /// <summary>Whose it is; flows share the device by weight. The queue may lay flows together.</summary>
    public FlowKey Flow { get; set; } = new("default", "interactive");

    /// <summary>Of its flow against the others, above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>On the batcher's clock; after it nobody wants the answer.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.MaxValue;

    public TimeSpan Enqueued { get; set; }

    public long Sequence { get; set; }

    public const int DefaultPriority = 100;
}

/// <summary>Within a flow, most urgent first: by priority, then by deadline, then by arrival.</summary>
internal sealed class UrgencyOrder : IComparer<WorkItem>
{
    public static UrgencyOrder Instance { get; } = new();

    public int Compare(WorkItem? x, WorkItem? y)
    {
        var order = x!.Priority.CompareTo(y!.Priority);
        if (order == 0)
            order = x.Deadline.CompareTo(y.Deadline);
        return order != 0 ? order : x.Sequence.CompareTo(y.Sequence);
    }
}

/// <summary>Who expires first.</summary>
internal sealed class DeadlineOrder : IComparer<WorkItem>
{
    public static DeadlineOrder Instance { get; } = new();

    public int Compare(WorkItem? x, WorkItem? y)
    {
        var order = x!.Deadline.CompareTo(y!.Deadline);
        return order != 0 ? order : x.Sequence.CompareTo(y.Sequence);
    }
}
