using System.Diagnostics.Metrics;

namespace Espresso.Preprocessor;

/// <summary>The meter Espresso.Preprocessor.</summary>
internal sealed class PreprocessorMetrics
{
    private readonly Meter _meter;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _work;
    private readonly Counter<long> _refused;

    public PreprocessorMetrics(IMeterFactory meters)
    {
        double[] buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets };
        _meter = meters.Create("Espresso.Preprocessor");
        _wait = _meter.CreateHistogram("espresso.preprocessor.wait", "s", "Time in the pool's queue.", tags: null, advice);
        _work = _meter.CreateHistogram("espresso.preprocessor.work", "s", "Time on a thread of the pool, by operation.", tags: null, advice);
        _refused = _meter.CreateCounter<long>("espresso.preprocessor.refused", "{request}", "Requests that got a refusal, by reason.");
    }

    public void ObserveQueue(Func<int> length) =>
        _meter.CreateObservableGauge("espresso.preprocessor.queue", length, "{request}", "Pieces of work that wait.");

    public void Waited(TimeSpan time) => _wait.Record(time.TotalSeconds);

    public void Worked(string operation, TimeSpan time) => _work.Record(time.TotalSeconds, new KeyValuePair<string, object?>("operation", operation));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
