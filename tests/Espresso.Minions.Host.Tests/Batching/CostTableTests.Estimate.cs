using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

/// <summary>Sizes that were never measured, from those that were.</summary>
public sealed partial class CostTableTests
{
    [Fact]
    public void Estimate_NothingKnown_IsZero()
    {
        Estimate(1).ShouldBe(0);
        _costs.Knows("b").ShouldBeFalse();
        _costs.Measured().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 12)]
    [InlineData(4, 20)] // between 12 at 2 and 32 at 7
    [InlineData(7, 32)]
    [InlineData(9, 40)] // the last slope goes on
    [InlineData(16, 68)]
    [InlineData(32, 136)] // two of the largest
    public void Estimate_Sizes_AreInterpolatedAndGoOn(int size, double expected)
    {
        Set((1, 10), (2, 12), (7, 32));

        Estimate(size).ShouldBe(expected, 1e-6);
    }

    [Fact]
    public void Estimate_SmallerThanTheSmallestKnown_CostsNoMore()
    {
        Set((4, 20));

        Estimate(2).ShouldBe(20);
    }

    [Fact]
    public void Estimate_OneSizeKnown_MakesTheNextWorthATry()
    {
        Set((1, 10));

        BatchPolicy.BestSize("b", 16, _costs).ShouldBeGreaterThanOrEqualTo(1);
        (Estimate(4) / 4).ShouldBeLessThan(10);
        Estimate(4).ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Estimate_LargerWasFaster_NeverFallsBelowIt()
    {
        Set((1, 10), (2, 9));

        Estimate(8).ShouldBe(9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Estimate_NoItems_IsZero(int size)
    {
        Set((1, 10));

        Estimate(size).ShouldBe(0);
    }

    [Fact]
    public void Estimate_Buckets_AreApart()
    {
        Set((1, 10));
        _costs.Set("c", 1, TimeSpan.FromMilliseconds(99));

        Estimate(1).ShouldBe(10);
        _costs.Measured().Count().ShouldBe(2);
    }

    [Fact]
    public void Estimate_GrowingCosts_GrowWithTheSize() => Seeds.Check(500, random =>
    {
        var costs = new CostTable(16);
        var time = 0.0;
        for (var size = 1; size <= 16; size++)
        {
            time += random.Next(1, 20);
            if (random.Next(3) == 0)
                costs.Set("b", size, TimeSpan.FromMilliseconds(time));
        }

        var estimates = Enumerable.Range(1, 40).Select(size => costs.Estimate("b", size)).ToList();

        estimates.ShouldBeInOrder();
    });
}
