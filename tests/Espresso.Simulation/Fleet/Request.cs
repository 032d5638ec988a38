using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Minions.Batching;

namespace Espresso.Simulation.Fleet;

/// <summary>A picture on its way: at a coordinator, on the wire, in a minion's queue.</summary>
internal sealed class Request : WorkItem
{
    public required int Shape { get; init; }

    public required TimeSpan Arrived { get; init; }

    /// <summary>When the caller turns away. <see cref="WorkItem.Deadline"/> is what the minion is told; a comparator is told none.</summary>
    public required TimeSpan Due { get; init; }

    public required CoordinatorNode Coordinator { get; init; }

    /// <summary>Where it is or was last; null: not sent yet.</summary>
    public MinionNode? At { get; set; }

    /// <summary>When it was last sent.</summary>
    public TimeSpan Sent { get; set; }

    public int Attempts { get; set; }

    /// <summary>How long the call was forecast to wait when it was sent.</summary>
    public TimeSpan Forecast { get; set; }

    /// <summary>What its reply's trailers tell of the minion.</summary>
    public LoadReport Load { get; set; }

    /// <summary>Its slots at the coordinator.</summary>
    public IDisposable? Reservation { get; set; }

    /// <summary>It has its one outcome, or goes on as another.</summary>
    public bool Over { get; set; }

    /// <summary>The same picture for another replica, while a silent one may still hold this.</summary>
    public Request Again() => new()
    {
        Bucket = Bucket,
        Shape = Shape,
        Arrived = Arrived,
        Due = Due,
        Deadline = Deadline,
        Coordinator = Coordinator,
        Attempts = Attempts,
        Reservation = Reservation,
    };
}

/// <summary>What a lease tells: the load, and what batches cost there.</summary>
internal sealed record LeaseReport(MinionNode Minion, LoadReport Load, CostModel Costs);

/// <summary>How a minion's call ends.</summary>
internal enum Outcome
{
    Answered,

    /// <summary>The minion is full.</summary>
    Refused,

    /// <summary>Its deadline passed in the queue.</summary>
    Expired,

    /// <summary>The process is gone.</summary>
    Broken,
}
