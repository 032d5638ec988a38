using Espresso.Coordinator.Traffic;

namespace Espresso.Coordinator.Tests.Traffic;

public sealed class BudgetWatchTests
{
    private static readonly VersionBudget Budget = new() { Errors = 0.02, Latency = 1.5, LeastRequests = 50 };

    [Theory]
    [InlineData(1000, 0, 50, 2, null)]           // 5 % are allowed here
    [InlineData(1000, 0, 49, 49, null)]          // too few to tell
    [InlineData(1000, 0, 100, 2, null)]          // just allowed
    [InlineData(1000, 0, 100, 3, "3 of 100")]
    [InlineData(1000, 50, 100, 6, null)]         // the old one fails, too
    [InlineData(0, 0, 100, 3, "3 of 100")]       // nothing is known of the old one: it is taken as good
    public void Errors_MoreThanAllowed_BreakIt(long oldRequests, long oldErrors, long requests, long errors, string? naming)
    {
        var allowed = requests == 50 ? Budget with { Errors = 0.05 } : Budget;
        var broken = BudgetWatch.Broken(new Outcomes(oldRequests, oldErrors, oldRequests - oldErrors, 10), new Outcomes(requests, errors, requests - errors, 10), allowed);
        if (naming is null)
            broken.ShouldBeNull();
        else
            broken.ShouldNotBeNull().ShouldContain(naming);
    }

    [Theory]
    [InlineData(100, 100, 150, false)]
    [InlineData(100, 100, 160, true)]
    [InlineData(100, 10, 160, false)] // too little is known of the old one
    [InlineData(1, 100, 3, false)]    // two milliseconds are nothing
    public void Latency_MoreThanAllowed_BreaksIt(double oldMs, long oldRequests, double ms, bool breaks) =>
        (BudgetWatch.Broken(new Outcomes(oldRequests, 0, oldRequests, oldMs), new Outcomes(100, 0, 100, ms), Budget) is not null).ShouldBe(breaks);
}
