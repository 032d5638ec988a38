using Espresso.Simulation.Engine;

namespace Espresso.Simulation.Tests.Engine;

public sealed class ChanceTests
{
    [Fact]
    public void For_SameSeedAndCause_DrawsTheSame() =>
        Draw(new Chance(3).For("arrivals")).ShouldBe(Draw(new Chance(3).For("arrivals")));

    [Fact]
    public void For_OtherCauseOrSeed_DrawsOtherwise()
    {
        var arrivals = Draw(new Chance(3).For("arrivals"));

        Draw(new Chance(3).For("shapes")).ShouldNotBe(arrivals);
        Draw(new Chance(4).For("arrivals")).ShouldNotBe(arrivals);
    }

    [Fact]
    public void NextNormal_ManyDraws_HasMeanZeroAndDeviationOne()
    {
        var random = new Chance(1).For("noise");
        var draws = Enumerable.Range(0, 20_000).Select(_ => random.NextNormal()).ToList();

        draws.Average().ShouldBe(0, 0.03);
        draws.Average(draw => draw * draw).ShouldBe(1, 0.03);
    }

    private static double[] Draw(Random random) => [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())];
}
