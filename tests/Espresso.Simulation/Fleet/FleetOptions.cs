using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Fleet;

/// <summary>One model version's fleet. The defaults are the processes' own, where these have such an option.</summary>
internal sealed record FleetOptions
{
    public required ShapeMix Shapes { get; init; }

    public required Stack Stack { get; init; }

    /// <summary>All that there are; where their number changes, the most.</summary>
    public required int Replicas { get; init; }

    /// <summary>So many are there at the start.</summary>
    public int First { get => field > 0 ? field : Replicas; init; }

    /// <summary>From the order to start a replica until its model is warm: an image that the node has, a process, a model.</summary>
    public TimeSpan StartTakes { get; init; } = TimeSpan.FromSeconds(30);

    public int Coordinators { get; init; } = 3;

    /// <summary>Devices of a replica.</summary>
    public int Instances { get; init; } = 1;

    public int MaxBatch { get; init; } = 32;

    /// <summary>Items that a minion holds at the most.</summary>
    public int MaxPending { get; init; } = 256;

    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ReportEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan LeaseExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>One way.</summary>
    public TimeSpan NetworkLeast { get; init; } = TimeSpan.FromMilliseconds(0.2);

    public TimeSpan NetworkMean { get; init; } = TimeSpan.FromMilliseconds(0.5);

    /// <summary>Standard deviation of a batch's time, as a share of it.</summary>
    public double Noise { get; init; } = 0.03;

    /// <summary>
    /// Pictures per second that the fleet does with the load's mix of shapes while every device is always busy with batches of the best size: of
    /// that which the minions call so, the smallest that is within 3 % of the cheapest an item.
    /// </summary>
    public double Capacity => Replicas * Instances * 1000 / Shapes.Classes.Sum(shape => shape.Share * shape.BestMs(MaxBatch));

    /// <summary>The same with batches of the largest size: up to 3 % more.</summary>
    public double FullBatchCapacity => Replicas * Instances * 1000 / Shapes.Classes.Sum(shape => shape.Share * shape.Milliseconds(MaxBatch) / MaxBatch);
}
