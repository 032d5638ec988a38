using Espresso.Simulation.Measures;

namespace Espresso.Simulation.Tests.Measures;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.99, 990)]
    [InlineData(1, 1000)]
    public void Quantile_OneToAThousandMs_IsWithinAPercent(double share, double ms)
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++)
            histogram.Add(TimeSpan.FromMilliseconds(i));

        histogram.Quantile(share).ShouldBe(ms, ms * 0.011);
    }

    [Fact]
    public void Quantile_NothingAdded_IsZero() => new LatencyHistogram().Quantile(0.99).ShouldBe(0);

    [Fact]
    public void Distribution_TwoLatencies_RisesToOne()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromMilliseconds(1));
        histogram.Add(TimeSpan.FromMilliseconds(100));

        histogram.Distribution().Select(point => point.Share).ShouldBe([0.5, 1]);
    }
}
