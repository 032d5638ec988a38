using Espresso.Manifests;

namespace Espresso.Coordinator.Traffic;

/// <summary>How a model's requests are spread over its versions. It is for requests that name no version; who names one gets that one.</summary>
/// <param name="Default">The pin; null: the highest version with a live replica.</param>
/// <param name="Canary">Gets its part of the requests in the default's place; null: none.</param>
/// <param name="Shadow">Runs beside the version that answers, on its part of the requests, for comparison only; null: none.</param>
internal sealed record TrafficPolicy(ModelVersion? Default, Split? Canary, Split? Shadow, VersionBudget Budget)
{
    public static TrafficPolicy None { get; } = new(null, null, null, new VersionBudget());
}

/// <param name="Percent">Of the requests, 0 to 100.</param>
internal sealed record Split(ModelVersion Version, double Percent);

/// <summary>How much worse than the old version a new one may be, over a window, before the default returns.</summary>
internal sealed record VersionBudget
{
    /// <summary>Share of requests, 0 to 1, by which the new version's failures may exceed the old one's.</summary>
    public double Errors { get; init; } = 0.02;

    /// <summary>Times the old version's 95th percentile that the new one's may take; 1 to 100.</summary>
    public double Latency { get; init; } = 1.5;

    /// <summary>Seconds that are looked back, 1 to 3600.</summary>
    public int WindowSeconds { get; init; } = 60;

    /// <summary>Requests of the new version in the window, before anything is concluded; 1 to 1,000,000.</summary>
    public int LeastRequests { get; init; } = 50;
}
