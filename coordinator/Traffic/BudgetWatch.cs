namespace Espresso.Coordinator.Traffic;

/// <summary>Whether a new version is worse than the old one by more than it may be. Pure.</summary>
internal static class BudgetWatch
{
    /// <summary>Milliseconds that no budget is broken by: very quick models differ by more than their ratio for no reason.</summary>
    private const double Slack = 2;

    /// <returns>Null as long as it holds, or as too little is known; else what is broken, with the figures.</returns>
    public static string? Broken(Outcomes older, Outcomes newer, VersionBudget budget)
    {
        if (newer.Requests < budget.LeastRequests)
            return null;
        if (newer.ErrorShare > older.ErrorShare + budget.Errors)
        {
            return $"{newer.Errors} of {newer.Requests} requests failed ({newer.ErrorShare:P1}; before {older.Errors} of {older.Requests}, {older.ErrorShare:P1}; "
                + $"{budget.Errors:P1} more are allowed)";
        }

        // Answers are needed on both sides: who fails always is quick.
        return Math.Min(older.Timed, newer.Timed) >= budget.LeastRequests && newer.P95Ms > (older.P95Ms * budget.Latency) + Slack
            ? $"95 % of answers take up to {newer.P95Ms:0.#} ms (before {older.P95Ms:0.#} ms; {budget.Latency:0.##} times that are allowed)"
            : null;
    }
}
