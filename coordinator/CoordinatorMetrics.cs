using System.Diagnostics;
using System.Diagnostics.Metrics;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;

namespace Espresso.Coordinator;

/// <summary>The coordinator's meter; model and version are labels wherever a number belongs to one.</summary>
internal sealed class CoordinatorMetrics : IDisposable
{
    public const string MeterName = "Espresso.Coordinator";

    public Meter Meter { get; } = new(MeterName);

    /// <summary>Seconds: from a cached light model to a request at its longest deadline.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>Differences and shares of 1.</summary>
    private static readonly InstrumentAdvice<double> Shares = new() { HistogramBucketBoundaries = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.9, 0.97, 0.99, 0.997, 0.999] };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Histogram<double> _stepSeconds;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _failovers;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _shared;
    private readonly Counter<long> _retriesDenied;
    private readonly Counter<long> _hedges;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _shadows;
    private readonly Histogram<double> _shadowDifference;
    private readonly Histogram<double> _shadowAgreement;

    public CoordinatorMetrics()
    {
        _requests = Meter.CreateCounter<long>("espresso.coordinator.requests", description: "Requests answered, by status and reason");
        _requestSeconds = Meter.CreateHistogram("espresso.coordinator.request.duration", "s", "From arrival to the last result", advice: Seconds);
        _stepSeconds = Meter.CreateHistogram("espresso.coordinator.step.duration", "s", "One model version's part of a request", advice: Seconds);
        _inFlight = Meter.CreateUpDownCounter<long>("espresso.coordinator.in_flight", description: "Requests that have entered and not left");
        _rejections = Meter.CreateCounter<long>("espresso.coordinator.rejections", description: "Refused for lack of room, by model version, reason and class");
        _failovers = Meter.CreateCounter<long>("espresso.coordinator.failovers", description: "Calls tried again on another replica, by what was called and why");
        _shared = Meter.CreateCounter<long>("espresso.coordinator.shared", description: "Decodes, inferences and encodes that an identical picture's request had begun");
        _shadows = Meter.CreateCounter<long>("espresso.coordinator.shadow.runs", description: "Shadow versions' runs, by how they ended");
        _shadowDifference = Meter.CreateHistogram(
            "espresso.coordinator.shadow.difference", description: "Mean absolute difference of a shadow's tensor from the answer's", advice: Shares);
        _shadowAgreement = Meter.CreateHistogram(
            "espresso.coordinator.shadow.agreement", description: "Share of a mask's pixels on which a shadow agrees with the answer", advice: Shares);
        _fallbacks = Meter.CreateCounter<long>("espresso.coordinator.fallbacks", description: "Branches that another version ran in place of the one asked for");
        _retriesDenied = Meter.CreateCounter<long>("espresso.coordinator.retries_denied", description: "Calls that failed because the retry budget was empty");
        _hedges = Meter.CreateCounter<long>("espresso.coordinator.hedges", description: "Second calls after the p95, by which of the two answered");
        _ejections = Meter.CreateCounter<long>("espresso.coordinator.ejections", description: "Replicas that got no calls for a while");
    }

    /// <param name="status">ok, or the failure's kind.</param>
    public void Answered(string status, string reason, TimeSpan took)
    {
        var tags = new TagList { { "status", status }, { "reason", reason } };
        _requests.Add(1, tags);
        _requestSeconds.Record(took.TotalSeconds, new TagList { { "status", status } });
    }

    public void StepDone(ModelKey key, string status, TimeSpan took) =>
        _stepSeconds.Record(took.TotalSeconds, new TagList { { "model", key.Model }, { "version", key.Version.ToString() }, { "status", status } });

    public void InFlight(int change) => _inFlight.Add(change);

    /// <summary>At the door, where neither model nor class is known.</summary>
    public void Rejected(string reason) =>
        _rejections.Add(1, new TagList { { "model", "" }, { "version", "" }, { "reason", reason }, { "class", "" } });

    /// <param name="callerClass">Tenants are the clients' to name and no label: a label has few values.</param>
    public void Rejected(string reason, ModelKey key, string callerClass) => _rejections.Add(
        1, new TagList { { "model", key.Model }, { "version", key.Version.ToString() }, { "reason", reason }, { "class", callerClass } });

    /// <param name="key">What ran.</param>
    /// <param name="reason">Why the one asked for did not.</param>
    public void FellBack(ModelKey key, string reason) =>
        _fallbacks.Add(1, new TagList { { "model", key.Model }, { "version", key.Version.ToString() }, { "reason", reason } });

    /// <param name="status">ok, failed or skipped.</param>
    public void Shadowed(ModelKey key, string status) =>
        _shadows.Add(1, new TagList { { "model", key.Model }, { "version", key.Version.ToString() }, { "status", status } });

    public void ShadowCompared(ModelKey key, string output, TensorDifference difference)
    {
        var tags = new TagList { { "model", key.Model }, { "version", key.Version.ToString() }, { "output", output } };
        _shadowDifference.Record(difference.Mean, tags);
        if (difference.Agreement is { } agreement)
            _shadowAgreement.Record(agreement, tags);
    }

    /// <param name="what">decode, inference or encode.</param>
    public void Shared(string what) => _shared.Add(1, new TagList { { "what", what } });

    public void FailedOver(string what, string reason) => _failovers.Add(1, new TagList { { "target", what }, { "reason", reason } });

    public void RetryDenied(string what) => _retriesDenied.Add(1, new TagList { { "target", what } });

    public void Hedged(string what, string winner) => _hedges.Add(1, new TagList { { "target", what }, { "winner", winner } });

    public void Ejected(string what) => _ejections.Add(1, new TagList { { "target", what } });

    /// <summary>Replicas, backlog and demand per model version, read from the registry whenever somebody collects.</summary>
    public void Observe(ReplicaRegistry registry)
    {
        Meter.CreateObservableGauge(
            "espresso.coordinator.replicas", () => OfVersions(registry, version => version.Live.Length), description: "Live replicas of a model version");
        Meter.CreateObservableGauge(
            "espresso.coordinator.backlog", () => OfVersions(registry, version => version.Load.Backlog.TotalSeconds), "s",
            "Until a model version would have worked off what waits now");
        Meter.CreateObservableCounter(
            "espresso.coordinator.demand", () => OfVersions(registry, version => version.Load.Demand.TotalSeconds), "s",
            "Time of a replica that runs take, refused ones too, shared ones once: its rate is the number of replicas that they would keep busy");
        Meter.CreateObservableGauge("espresso.coordinator.preprocessors", () => registry.Now.LivePreprocessors.Length, description: "Live preprocessors");
    }

    public void Dispose() => Meter.Dispose();

    private static IEnumerable<Measurement<T>> OfVersions<T>(ReplicaRegistry registry, Func<ServedVersion, T> value)
        where T : struct => registry.Now.Models.Values
        .SelectMany(model => model.Versions)
        .Select(version => new Measurement<T>(
            value(version), new TagList { { "model", version.Key.Model }, { "version", version.Key.Version.ToString() } }));
}
