using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class CostShapeTests
{
    private static readonly (string, int, double)[] Costs = [("small", 1, 12), ("small", 4, 24), ("large", 1, 100)];

    [Fact]
    public void Shape_OfAMix_IsTheMeanOfWhatCame() =>
        Of(("small", 300), ("large", 100)).ShouldBe(new CostShape(SingleMs: 34, BatchMs: 43, BatchSize: 3.25, MarginalMs: 29.5));

    [Fact]
    public void Shape_WhereNothingCameYet_IsThatOfTheDearest() => Of().ShouldBe(new CostShape(100, 100, 1, 100));

    [Fact]
    public void Shape_OfAFewItems_IsPartlyThatOfTheDearest() => Of(("small", 50)).MarginalMs.ShouldBe((6 + 100) / 2.0);

    [Fact]
    public void Shape_OfABucketWithoutCosts_IsThatOfTheDearest() => Of(("new", 1_000)).MarginalMs.ShouldBe(100);

    [Fact]
    public void Shape_WhereNoCostIsKnown_IsNothing() => CostShape.Of(CostModel.None).ShouldBe(default);

    [Fact]
    public void Shape_OfAnyMix_LiesBetweenTheCheapestAndTheDearest() => Seeds.Check(300, random =>
    {
        var buckets = Enumerable.Range(0, random.Next(1, 6)).Select(i => ($"{i}", random.Next(1, 500))).ToList();
        var costs = buckets.SelectMany(bucket => Enumerable.Range(1, 8).Select(size => (bucket.Item1, size, (double)bucket.Item2 + (size * (bucket.Item2 % 7))))).ToList();
        var arrived = buckets.Where(_ => random.Next(3) > 0).Select(bucket => (bucket.Item1, random.Next(0, 400))).ToList();
        var model = new CostModel(costs, arrived);

        var shape = CostShape.Of(model);
        shape.MarginalMs.ShouldBeInRange(buckets.Min(bucket => model.Marginal(bucket.Item1)) - 1e-9, model.Marginal(null) + 1e-9);
        shape.MarginalMs.ShouldBeGreaterThan(0); // never free
        shape.BatchSize.ShouldBeInRange(1 - 1e-9, 8 + 1e-9);
        model.Mix.Sum(part => part.Share).ShouldBe(1, 1e-9);
    });

    private static CostShape Of(params (string, int)[] arrived) => CostShape.Of(new CostModel(Costs, arrived));
}
