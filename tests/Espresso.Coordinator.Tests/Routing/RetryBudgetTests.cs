using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class RetryBudgetTests
{
    [Fact]
    public void Budget_OfAShare_PaysForThatShareOfTheRequests()
    {
        var budget = new RetryBudget(share: 0.1, perSecond: 0, reserve: 5);
        Drain(budget, TimeSpan.Zero).ShouldBe(5);
        for (var i = 0; i < 35; i++)
            budget.Earn();
        Drain(budget, TimeSpan.Zero).ShouldBe(3);
    }

    [Fact]
    public void Budget_SavesUpNoMoreThanItsReserve()
    {
        var budget = new RetryBudget(0.5, perSecond: 10, reserve: 5);
        for (var i = 0; i < 100; i++)
            budget.Earn();
        Drain(budget, TimeSpan.FromHours(1)).ShouldBe(5);
    }

    [Fact]
    public void Budget_OfAQuietMesh_RefillsWithTime()
    {
        var budget = new RetryBudget(0.1, perSecond: 2, reserve: 5);
        Drain(budget, TimeSpan.FromSeconds(1));
        budget.TrySpend(TimeSpan.FromSeconds(1.4)).ShouldBeFalse();
        Drain(budget, TimeSpan.FromSeconds(2)).ShouldBe(2);
    }

    [Fact]
    public void Budget_OfNothing_PaysForNothing()
    {
        var budget = new RetryBudget(0, perSecond: 10, reserve: 5);
        budget.Earn();
        budget.TrySpend(TimeSpan.FromDays(1)).ShouldBeFalse();
    }

    [Fact]
    public void Budget_WhateverHappens_IsNeverExceeded() => Seeds.Check(200, random =>
    {
        var (share, perSecond, reserve) = (random.NextDouble(), random.Next(3), random.Next(1, 20));
        var budget = new RetryBudget(share, perSecond, reserve);
        var (requests, spent, now) = (0, 0, TimeSpan.Zero);
        for (var i = 0; i < 500; i++)
        {
            switch (random.Next(4))
            {
                case 0:
                    budget.Earn();
                    requests++;
                    break;
                case 1:
                    now += TimeSpan.FromMilliseconds(random.Next(200));
                    break;
                default:
                    spent += budget.TrySpend(now) ? 1 : 0;
                    break;
            }

            spent.ShouldBeLessThanOrEqualTo((int)(reserve + (share * requests) + (perSecond * now.TotalSeconds) + 1e-6));
        }
    });

    private static int Drain(RetryBudget budget, TimeSpan now)
    {
        var spent = 0;
        while (budget.TrySpend(now))
            spent++;
        return spent;
    }
}
