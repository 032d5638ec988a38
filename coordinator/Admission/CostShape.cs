using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Admission;

/// <summary>A replica's cost table as admission needs it: one item alone, and the batch that is cheapest an item.</summary>
/// <param name="SingleMs">A batch of one; 0: nothing is known.</param>
/// <param name="BatchMs">A batch of <paramref name="BatchSize"/>.</param>
internal readonly record struct CostShape(double SingleMs, double BatchMs, int BatchSize)
{
    /// <summary>Milliseconds that one more item costs a busy device.</summary>
    public double MarginalMs => BatchSize == 0 ? 0 : BatchMs / BatchSize;

    /// <summary>Of the bucket that costs most: a request's own shape is not known before its picture is decoded.</summary>
    public static CostShape Of(CostModel costs) =>
        costs.IsEmpty ? default : new(costs.Estimate(null, 1), costs.Estimate(null, costs.BestSize(null)), costs.BestSize(null));
}
