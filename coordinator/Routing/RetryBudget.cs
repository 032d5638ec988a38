namespace Espresso.Coordinator.Routing;

/// <summary>How many extra calls the requests have paid for: a share of a call each, and a few a second so that a quiet mesh may retry, too.</summary>
/// <remarks>
/// A token bucket. Over any time there are at most <paramref name="reserve"/> + share × requests + perSecond × seconds extra calls, so that
/// retries cannot multiply an overload. A share of zero allows none at all.
/// </remarks>
/// <param name="share">Extra calls that a request pays for, 0 to 1.</param>
/// <param name="perSecond">Extra calls a second without any requests.</param>
/// <param name="reserve">The most that is saved up; there from the start.</param>
internal sealed class RetryBudget(double share, double perSecond, double reserve)
{
    private readonly Lock _gate = new();
    private double _tokens = share > 0 ? reserve : 0;
    private TimeSpan _refilled;

    /// <summary>A request came: it pays its share.</summary>
    public void Earn()
    {
        lock (_gate)
            _tokens = Math.Min(reserve, _tokens + share);
    }

    /// <summary>Pays for one extra call, if the budget has it.</summary>
    public bool TrySpend(TimeSpan now)
    {
        if (share <= 0)
            return false;
        lock (_gate)
        {
            if (now > _refilled)
            {
                _tokens = Math.Min(reserve, _tokens + (perSecond * (now - _refilled).TotalSeconds));
                _refilled = now;
            }

            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }
}
