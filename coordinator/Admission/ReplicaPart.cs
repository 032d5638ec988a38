using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Admission;

/// <summary>What one replica adds to its version.</summary>
/// <param name="MaxPending">Items that it holds at the most.</param>
/// <param name="ForeignPending">Of its pending items, those of others.</param>
/// <param name="OwnPending">Of its pending items, those of this coordinator, as the report has them.</param>
/// <param name="Instances">Devices side by side.</param>
/// <param name="BacklogMs">Until it could start a new item.</param>
internal readonly record struct ReplicaPart(int MaxPending, int ForeignPending, int OwnPending, int Instances, double BacklogMs, CostShape Costs)
{
    public static ReplicaPart Of(ReplicaState state)
    {
        var (report, foreign) = (state.Reported, state.ForeignPending);
        return new(state.MaxPending, foreign, Math.Max(0, report.Pending - foreign), report.Instances, report.BacklogMs, CostShape.Of(state.Costs));
    }
}
