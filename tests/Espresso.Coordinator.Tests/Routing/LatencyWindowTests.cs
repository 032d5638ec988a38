using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class LatencyWindowTests
{
    private readonly LatencyWindow _window = new();

    [Fact]
    public void P95_OfFewCalls_IsNotKnown()
    {
        Record(99, 10);
        _window.P95.ShouldBeNull();
    }

    [Fact]
    public void P95_IsWhatNineteenOfTwentyStayBelow()
    {
        for (var i = 0; i < 900; i++)
            Record(1, i % 100 < 94 ? 10 : 200);
        _window.P95!.Value.TotalMilliseconds.ShouldBeInRange(200, 220);
        Record(4_000, 10);
        _window.P95!.Value.TotalMilliseconds.ShouldBeInRange(10, 11);
    }

    [Fact]
    public void P95_FollowsWhenCallsBecomeSlower()
    {
        Record(5_000, 10);
        Record(1_000, 80);
        _window.P95!.Value.TotalMilliseconds.ShouldBeInRange(80, 88);
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1e9, 1e7)]
    public void P95_OfTheExtremes_StaysInItsSteps(double milliseconds, double most)
    {
        Record(200, milliseconds);
        _window.P95!.Value.TotalMilliseconds.ShouldBeLessThanOrEqualTo(most);
    }

    private void Record(int times, double milliseconds)
    {
        for (var i = 0; i < times; i++)
            _window.Record(TimeSpan.FromMilliseconds(milliseconds));
    }
}
