using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

public sealed partial class CostTableTests
{
    private readonly CostTable _costs = new(16);

    [Fact]
    public void Record_Service_MovesTheAverageByATenth()
    {
        Set((2, 10));

        _costs.Record("b", 2, TimeSpan.FromMilliseconds(20));
        Estimate(2).ShouldBe(11, 1e-6);
        for (var i = 0; i < 100; i++)
            _costs.Record("b", 2, TimeSpan.FromMilliseconds(20));
        Estimate(2).ShouldBe(20, 0.01);
    }

    [Fact]
    public void Record_OncePaused_ChangesNothing()
    {
        Set((1, 10), (4, 20));

        Record(4, 5_000);
        Record(2, 5_000); // a size that is not known, but between two that are
        Estimate(4).ShouldBe(20);
        Record(4, 22);
        Record(4, 5_000);
        Estimate(4).ShouldBe(20.2, 1e-6);
        _costs.Measured().Select(cost => cost.Size).ShouldBe([1, 4]);
    }

    [Fact]
    public void Record_TwiceTooLong_IsBelievedAtTheShorterOne()
    {
        Set((4, 20));

        Record(4, 5_000);
        Record(4, 120);
        Estimate(4).ShouldBe(30);
        Record(4, 130);
        Estimate(4).ShouldBe(39); // the shorter of 120 and 130, at the weight of any measurement
    }

    [Fact]
    public void Record_TooLongSideBySide_IsOnePause()
    {
        Set((4, 20));

        Record(4, 5_000, started: 100);
        Record(4, 4_990, started: 110);

        Estimate(4).ShouldBe(20);
    }

    [Fact]
    public void Record_SlowerOnTwoInstances_IsBelievedFromTheSecondTurnOn()
    {
        Set((4, 20));

        Record(4, 100, started: 0);
        Record(4, 100, started: 50);
        Record(4, 100, started: 100);
        Estimate(4).ShouldBe(28);
        for (var start = 150; start < 5_000; start += 50)
            Record(4, 100, started: start);
        Estimate(4).ShouldBe(100, tolerance: 1);
    }

    [Fact]
    public void Record_DoneInLessThanHalf_IsBelievedAtOnce()
    {
        Set((4, 20));

        Record(4, 9);

        Estimate(4).ShouldBe(9);
    }

    [Fact]
    public void Record_FirstOfABucket_IsMendedByAnyLargerBatch()
    {
        Record(1, 5_000); // nothing to doubt it by

        Record(3, 40);

        Estimate(1).ShouldBe(40);
        Estimate(3).ShouldBe(40);
    }

    [Fact]
    public void Record_OnePauseAmongMany_ChangesNoPrice() => Seeds.Check(500, random =>
    {
        var (paused, smooth) = (new CostTable(16), new CostTable(16));
        var (a, b) = (random.Next(1, 200), random.Next(1, 50));
        foreach (var size in new[] { 1, 2, 16, random.Next(1, 17) })
            Both(costs => costs.Set("b", size, TimeSpan.FromMilliseconds(a + (b * size))));
        var pause = random.Next(60);
        for (var i = 0; i < 60; i++)
        {
            var size = random.Next(1, 17);
            var took = (a + (b * size)) * (0.95 + (0.1 * random.NextDouble()));
            if (i == pause)
                paused.Record("b", size, TimeSpan.FromMilliseconds(took * random.Next(3, 10_000)));
            else
                Both(costs => costs.Record("b", size, TimeSpan.FromMilliseconds(took)));
        }

        paused.Measured().ShouldBe(smooth.Measured());
        for (var size = 1; size <= 16; size++)
            paused.Estimate("b", size).ShouldBe(smooth.Estimate("b", size));

        void Both(Action<CostTable> act)
        {
            act(paused);
            act(smooth);
        }
    });

    [Fact]
    public void Record_ASlowerDevice_MakesAllSizesDearer()
    {
        Set((1, 10), (8, 40));

        for (var i = 0; i < 100; i++)
            Record(1, 15);

        Estimate(1).ShouldBe(15, 0.1);
        Estimate(8).ShouldBe(40 * Math.Pow(1.5, 0.7), 0.4);
        Estimate(4).ShouldBeInRange(15, 40);
    }

    [Fact]
    public void Record_NoiseOfOneSize_LetsTheOthersStay() => Seeds.Check(20, random =>
    {
        var costs = new CostTable(16);
        costs.Set("b", 1, TimeSpan.FromMilliseconds(10));
        costs.Set("b", 8, TimeSpan.FromMilliseconds(40));
        for (var i = 0; i < 20_000; i++)
            costs.Record("b", 1, TimeSpan.FromMilliseconds(10 * (0.6 + (0.8 * random.NextDouble()))));

        costs.Estimate("b", 8).TotalMilliseconds.ShouldBe(40, 6);
    });

    [Fact]
    public void Record_ASizeThatIsDearerThanThought_BecomesSoAgainstTheOthers()
    {
        Set((1, 10), (4, 20));

        for (var i = 0; i < 300; i++)
        {
            Record(4, 39);
            Record(1, 10);
        }

        Estimate(4).ShouldBe(39, 0.5);
        Estimate(1).ShouldBe(10, 0.2);
    }

    [Fact]
    public void AsksAgain_SeveralThoughtCheaper_ForTheLastEightOfSixtyFourBatches()
    {
        var costs = new CostTable(4, CostTable.CpuGain);
        costs.Set("b", 1, TimeSpan.FromMilliseconds(10));
        costs.Set("b", 4, TimeSpan.FromMilliseconds(32));
        var asked = new List<int>();
        for (var batch = 0; batch < 128; batch++)
        {
            if (costs.AsksAgain("b", 4))
                asked.Add(batch);
            costs.Record("b", 4, TimeSpan.FromMilliseconds(32));
        }

        asked.ShouldBe([.. Enumerable.Range(56, 8), .. Enumerable.Range(120, 8)]);
    }

    [Theory]
    [InlineData(1, 32, CostTable.CpuGain)] // alone is the best already
    [InlineData(4, 20, CostTable.CpuGain)] // alone costs twice as much, whatever the noise
    [InlineData(4, 32, CostTable.AcceleratorGain)] // no noise that could deceive
    public void AsksAgain_NothingInDoubt_Never(int best, double four, double gain)
    {
        var costs = new CostTable(4, gain);
        costs.Set("b", 1, TimeSpan.FromMilliseconds(10));
        costs.Set("b", 4, TimeSpan.FromMilliseconds(four));
        for (var batch = 0; batch < 128; batch++)
        {
            costs.AsksAgain("b", best).ShouldBeFalse();
            costs.Record("b", 4, TimeSpan.FromMilliseconds(four));
        }
    }

    [Fact]
    public void Record_ADeviceThatStaysSlowAndRecovers_IsFollowedBothWays() => Seeds.Check(200, random =>
    {
        var (costs, size, slowness) = (new CostTable(16), random.Next(1, 17), random.Next(2, 20));
        costs.Set("b", size, TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 60; i++)
            costs.Record("b", size, TimeSpan.FromMilliseconds(50 * slowness));
        costs.Estimate("b", size).TotalMilliseconds.ShouldBe(50 * slowness, 3 * slowness);
        for (var i = 0; i < 30; i++)
            costs.Record("b", size, TimeSpan.FromMilliseconds(50));
        costs.Estimate("b", size).TotalMilliseconds.ShouldBe(50, 3);
    });

    [Fact]
    public void Record_NewSize_IsTakenAsItIs()
    {
        _costs.Record("b", 3, TimeSpan.FromMilliseconds(7));

        Estimate(3).ShouldBe(7);
        _costs.Measured().ShouldBe([("b", 3, 7.0)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void Record_SizeOfNoBatch_IsPassedOver(int size)
    {
        _costs.Record("b", size, TimeSpan.FromMilliseconds(7));

        _costs.Measured().ShouldBeEmpty();
    }

    private void Set(params (int Size, double Milliseconds)[] measured)
    {
        foreach (var (size, milliseconds) in measured)
            _costs.Set("b", size, TimeSpan.FromMilliseconds(milliseconds));
    }

    private void Record(int size, double milliseconds) => _costs.Record("b", size, TimeSpan.FromMilliseconds(milliseconds));

    private void Record(int size, double milliseconds, double started) =>
        _costs.Record("b", size, TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromMilliseconds(started));

    private double Estimate(int size) => _costs.Estimate("b", size).TotalMilliseconds;
}
