using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Admission;

/// <summary>A replica's cost table as admission needs it: what is to be expected of an item whose shape is not known before its picture is decoded.</summary>
/// <param name="SingleMs">A batch of one; 0: nothing is known.</param>
/// <param name="BatchMs">A batch of the size that is cheapest an item.</param>
/// <param name="BatchSize">Items in that.</param>
/// <param name="MarginalMs">That one more item costs a busy device.</param>
internal readonly record struct CostShape(double SingleMs, double BatchMs, double BatchSize, double MarginalMs)
{
    /// <summary>The mean over what came of late.</summary>
    public static CostShape Of(CostModel costs)
    {
        var shape = default(CostShape);
        if (costs.IsEmpty)
            return shape;
        foreach (var (bucket, share) in costs.Mix)
        {
            var best = costs.BestSize(bucket);
            shape = new(
                shape.SingleMs + (share * costs.Estimate(bucket, 1)),
                shape.BatchMs + (share * costs.Estimate(bucket, best)),
                shape.BatchSize + (share * best),
                shape.MarginalMs + (share * costs.Marginal(bucket)));
        }

        return shape;
    }
}
