using Espresso.Coordinator.Planning;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Planning;

public sealed class LearnedCostsTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Mean_MovesTowardsWhatIsMeasured()
    {
        var cost = new LearnedCost(_time);
        cost.MeanMs.ShouldBe(0);
        cost.Measure(100);
        cost.MeanMs.ShouldBe(100);
        for (var i = 0; i < 30; i++)
            cost.Measure(200);
        cost.MeanMs.ShouldBe(200, 1);
    }

    [Fact]
    public void Least_IsTheBestRunAndDoesNotFollowSlowOnes()
    {
        var cost = new LearnedCost(_time);
        cost.Measure(100);
        cost.Measure(40);
        cost.Measure(1000);
        cost.LeastMs.ShouldBe(88, 0.001); // 40 + a twentieth of the way to 1000
    }

    [Fact]
    public void Least_OfASlowFirstRun_IsNotKnownBeforeTheThird()
    {
        var cost = new LearnedCost(_time);
        cost.Measure(4_000);
        cost.LeastMs.ShouldBe(0);
        cost.Measure(4_000);
        cost.LeastMs.ShouldBe(0);
        cost.Measure(10);
        cost.LeastMs.ShouldBe(10);
    }

    [Fact]
    public void Least_WithoutMeasurements_FadesSoThatItIsTriedAgain()
    {
        var cost = new LearnedCost(_time);
        cost.Learn(100);
        _time.Advance(TimeSpan.FromSeconds(10));
        cost.LeastMs.ShouldBe(50, 0.001);
        _time.Advance(TimeSpan.FromSeconds(50));
        cost.LeastMs.ShouldBeLessThan(2);
        cost.MeanMs.ShouldBe(100);
    }
}
