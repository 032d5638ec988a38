using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Tests.Traces;

public sealed class RatesTests
{
    [Fact]
    public void Spike_RiseIsOver_IsTheFactorTimesTheBase()
    {
        var rate = Rates.Spike(100, 30, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(30));

        rate(TimeSpan.Zero).ShouldBe(100, 1e-6);
        rate(TimeSpan.FromSeconds(130)).ShouldBe(3000, 1e-6);
        rate(TimeSpan.FromSeconds(160)).ShouldBe(3000, 1e-6);
        rate(TimeSpan.FromSeconds(280)).ShouldBe(100, 1e-6);
    }

    [Fact]
    public void Diurnal_NightAndAfternoon_AreTheLeastAndTheMost()
    {
        var rate = Rates.Diurnal(10, 100);

        rate(TimeSpan.FromHours(4)).ShouldBe(10, 0.1);
        rate(TimeSpan.FromHours(16)).ShouldBe(100, 0.1);
    }
}
