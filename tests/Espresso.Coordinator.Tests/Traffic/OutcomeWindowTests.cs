using Espresso.Coordinator.Traffic;

namespace Espresso.Coordinator.Tests.Traffic;

public sealed class OutcomeWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly OutcomeWindow _window = new(TimeSpan.FromSeconds(60));

    [Fact]
    public void Sum_CountsRequestsErrorsAndThe95thPercentileOfAnswers()
    {
        for (var i = 1; i <= 100; i++)
            _window.Add(isError: false, i, Start);
        _window.Add(isError: true, 5_000, Start);
        var sum = _window.Sum(Start);
        _window.Add(isError: false, milliseconds: null, Start);
        sum.ShouldBe(_window.Sum(Start) with { Requests = 101 });
        (sum.Requests, sum.Errors, sum.Timed).ShouldBe((101, 1, 100));
        sum.P95Ms.ShouldBe(95, 5);
    }

    [Fact]
    public void Requests_OlderThanTheWindow_AreForgotten()
    {
        _window.Add(isError: true, 10, Start);
        _window.Add(isError: false, 10, Start.AddSeconds(30));
        _window.Sum(Start.AddSeconds(54)).Requests.ShouldBe(2);
        _window.Sum(Start.AddSeconds(61)).Requests.ShouldBe(1);
        _window.Sum(Start.AddSeconds(100)).ShouldBe(default);
        _window.Add(isError: false, 10, Start.AddSeconds(600));
        _window.Sum(Start.AddSeconds(600)).ShouldBe(new Outcomes(1, 0, 1, _window.Sum(Start.AddSeconds(600)).P95Ms));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(1)]
    [InlineData(400)]
    [InlineData(60_000)]
    public void Time_OfAnyLength_IsKnownToFivePercent(double milliseconds)
    {
        _window.Add(isError: false, milliseconds, Start);
        _window.Sum(Start).P95Ms.ShouldBe(Math.Max(0.1, milliseconds), Math.Max(0.1, milliseconds) * 0.05);
    }
}
