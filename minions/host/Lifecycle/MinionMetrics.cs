using System.Diagnostics.Metrics;
using Espresso.Minions.Batching;
using Espresso.Telemetry;

namespace Espresso.Minions.Lifecycle;

/// <summary>What operators see of one model version; the tags are <c>model</c> and <c>version</c>.</summary>
internal sealed class MinionMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] };

    private readonly Meter _meter = new(EspressoTelemetry.MeterPrefix + ".Minion");
    private readonly KeyValuePair<string, object?> _model;
    private readonly KeyValuePair<string, object?> _version;
    private readonly Histogram<double> _queue;
    private readonly Histogram<double> _compute;
    private readonly Histogram<int> _batch;

    public MinionMetrics(string model, string version)
    {
        _model = new("model", model);
        _version = new("version", version);
        _queue = _meter.CreateHistogram("espresso.minion.queue.duration", "s", "time from acceptance until the batch started", advice: Seconds);
        _compute = _meter.CreateHistogram("espresso.minion.compute.duration", "s", "time of a batch on the device, counted for each of its items", advice: Seconds);
        _batch = _meter.CreateHistogram("espresso.minion.batch.size", "{items}", "size of the batch that an item ran in", advice: Sizes);
    }

    /// <summary>Counts that add up, read when they are scraped: received = done + failed + dropped + pending.</summary>
    public void Observe(Batcher batcher)
    {
        _meter.CreateObservableUpDownCounter("espresso.minion.pending", () => Measure(batcher.Counts().Pending), "{items}", "accepted and unfinished");
        _meter.CreateObservableUpDownCounter("espresso.minion.running", () => Measure(batcher.Counts().Running), "{items}", "on the device");
        _meter.CreateObservableGauge("espresso.minion.backlog", () => Measure(batcher.Counts().Backlog.TotalSeconds), "s", "time until the device could take a new item");
        _meter.CreateObservableCounter("espresso.minion.received", () => Measure(batcher.Counts().Received), "{items}", "accepted");
        _meter.CreateObservableCounter("espresso.minion.rejected", () => Measure(batcher.Counts().Rejected), "{items}", "refused at the door");
        _meter.CreateObservableCounter("espresso.minion.finished", () => Outcomes(batcher.Counts()), "{items}", "by outcome: done, failed, dropped");
    }

    public void Finished(in ItemTimes times, string? failure)
    {
        if (failure is not null)
            return;
        _queue.Record((times.Started - times.Enqueued).TotalSeconds, _model, _version);
        _compute.Record((times.Computed - times.Started).TotalSeconds, _model, _version);
        _batch.Record(times.BatchRows, _model, _version, new("reason", times.Release.WireName()));
    }

    public void Dispose() => _meter.Dispose();

    private Measurement<T> Measure<T>(T value)
        where T : struct => new(value, _model, _version);

    private IEnumerable<Measurement<long>> Outcomes(BatcherCounts counts) =>
    [
        new(counts.Done, _model, _version, new("outcome", "done")),
        new(counts.Failed, _model, _version, new("outcome", "failed")),
        new(counts.Dropped, _model, _version, new("outcome", "dropped")),
    ];
}
