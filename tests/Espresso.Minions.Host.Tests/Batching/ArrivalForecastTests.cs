using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

public sealed class ArrivalForecastTests
{
    private readonly ArrivalForecast _forecast = new();

    [Fact]
    public void Next_NobodyOrOneCame_ExpectsNobody()
    {
        Next(0).ShouldBe(double.PositiveInfinity);
        _forecast.Arrived(At(5));
        Next(6).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void Next_SteadyStream_IsItsGap()
    {
        for (var i = 0; i < 5; i++)
            _forecast.Arrived(At(10 * i));

        Next(45).ShouldBe(10, 1e-6);
    }

    [Fact]
    public void Next_StreamChanges_FollowsByAFifth()
    {
        _forecast.Arrived(At(0));
        _forecast.Arrived(At(10));
        _forecast.Arrived(At(30));

        Next(30).ShouldBe(12, 1e-6);
    }

    [Fact]
    public void Next_AnsweredCallersComeBack_ExpectsTheRestOfThem()
    {
        // Rounds of two callers, 100 ms apart, who come back 1 and 2 ms after their answer.
        for (var round = 0; round < 20; round++)
            Round(100 * round);
        _forecast.Answered(2, At(2000));

        Next(2000).ShouldBe(1, 0.1);
        _forecast.Arrived(At(2001));
        Next(2001).ShouldBe(1, 0.1);
        _forecast.Arrived(At(2002));
        Next(2002).ShouldBeGreaterThan(20); // all are back
    }

    [Fact]
    public void Next_CallersStayAway_IsGivenUp()
    {
        for (var round = 0; round < 20; round++)
            Round(100 * round);
        _forecast.Answered(2, At(2000));

        Next(2002.5).ShouldBe(1, 0.1);
        Next(2004).ShouldBeGreaterThan(20);
    }

    private void Round(double start)
    {
        _forecast.Answered(2, At(start));
        _forecast.Arrived(At(start + 1));
        _forecast.Arrived(At(start + 2));
    }

    private double Next(double now) => _forecast.Next(At(now)) is var next && next == TimeSpan.MaxValue ? double.PositiveInfinity : next.TotalMilliseconds;

    private static TimeSpan At(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
