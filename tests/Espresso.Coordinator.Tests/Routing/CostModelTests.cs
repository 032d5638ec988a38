using Espresso.Coordinator.Routing;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class CostModelTests
{
    /// <summary>A batch of n takes 200 + 300 n.</summary>
    private static readonly CostModel Field = new([("a", 1, 500), ("a", 2, 800), ("a", 4, 1400)]);

    [Fact]
    public void Sizes_BetweenMeasuredOnes_AreInterpolated()
    {
        Field.Estimate("a", 2).ShouldBe(800);
        Field.Estimate("a", 3).ShouldBe(1100);
        Field.Estimate("a", 0).ShouldBe(0);
    }

    [Fact]
    public void Sizes_BeyondTheLargest_AreSeveralBatches() => Field.Estimate("a", 8).ShouldBe(2800);

    [Fact]
    public void Sizes_BelowTheSmallest_CostWhatThatCosts() => new CostModel([("a", 4, 100)]).Estimate("a", 1).ShouldBe(100);

    [Fact]
    public void BestSize_IsTheCheapestAnItem()
    {
        Field.BestSize("a").ShouldBe(4);
        Field.Marginal("a").ShouldBe(350);
    }

    [Fact]
    public void BestSize_WhereBatchesDoNotPay_IsOne()
    {
        var costs = new CostModel([("a", 1, 100), ("a", 2, 199), ("a", 4, 398)]);
        costs.BestSize("a").ShouldBe(1);
        costs.Marginal("a").ShouldBe(100);
    }

    [Fact]
    public void Bucket_NeverReported_CostsWhatTheDearestCosts()
    {
        var costs = new CostModel([("small", 1, 10), ("large", 1, 90), ("middle", 1, 50)]);
        costs.Estimate("foreign", 1).ShouldBe(90);
        costs.Estimate(null, 1).ShouldBe(90);
    }

    [Fact]
    public void Nothing_Reported_IsKnownToBeNothing()
    {
        CostModel.None.IsEmpty.ShouldBeTrue();
        CostModel.None.Estimate(null, 4).ShouldBe(0);
        CostModel.None.BestSize(null).ShouldBe(1);
    }

    [Fact]
    public void Mix_OfAFewItems_CountsTheRestAsTheDearest()
    {
        Mix(("small", 25)).ShouldBe([("small", 0.25), (null, 0.75)]);
        Mix(("small", 150), ("large", 50)).ShouldBe([("small", 0.75), ("large", 0.25)]);
        Mix(("small", 0)).ShouldBe([(null, 1)]);
        Mix().ShouldBe([(null, 1)]);
    }

    [Fact]
    public void Costs_ThatCannotBe_AreNotBelieved()
    {
        var costs = CostModel.Of(new Load
        {
            Costs =
            {
                new BatchCost { Bucket = "a", Size = uint.MaxValue, Milliseconds = 1 },
                new BatchCost { Bucket = "a", Size = 1, Milliseconds = double.NaN },
                new BatchCost { Bucket = "a", Size = 2, Milliseconds = -3 },
                new BatchCost { Bucket = "b", Size = 0, Milliseconds = 3 },
            },
        });
        costs.IsEmpty.ShouldBeTrue();
    }

    private static IReadOnlyList<(string? Bucket, double Share)> Mix(params (string Bucket, int Rows)[] arrived) =>
        new CostModel([("small", 1, 10), ("large", 1, 90)], arrived).Mix;
}
