namespace Espresso.Coordinator.Routing;

/// <summary>What routing remembers of one model version, or of the preprocessors, while replicas come and go.</summary>
/// <param name="retryPercent">Of the requests, calls that may be tried again.</param>
/// <param name="hedgePercent">Of the requests, calls that may be made twice at once.</param>
internal sealed class RouteState(int retryPercent, int hedgePercent)
{
    /// <summary>A process that dies takes down what was in flight there, all at once; so many calls can be tried again then.</summary>
    private const int RetryReserve = 256;

    private const int RetriesPerSecond = 1;

    private const int HedgeReserve = 4;

    public ReplicaChoice Choice { get; } = new();

    public RetryBudget Retries { get; } = new(retryPercent / 100.0, RetriesPerSecond, RetryReserve);

    public RetryBudget Hedges { get; } = new(hedgePercent / 100.0, perSecond: 0, HedgeReserve);

    public bool MayHedge => hedgePercent > 0;

    /// <summary>Of the calls that were answered.</summary>
    public LatencyWindow Latency { get; } = new();

    /// <summary>A request came.</summary>
    public void Earn()
    {
        Retries.Earn();
        Hedges.Earn();
    }
}
