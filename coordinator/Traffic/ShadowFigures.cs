namespace Espresso.Coordinator.Traffic;

/// <summary>What comparing a shadow's outputs with the answers has shown since it was set. Thread-safe.</summary>
internal sealed class ShadowFigures
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, OutputFigures> _outputs = new(StringComparer.Ordinal);
    private long _runs;
    private long _failed;
    private long _skipped;

    /// <summary>It answered.</summary>
    public long Runs => Interlocked.Read(ref _runs);

    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Not run, because there was no room for it.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>By the output's public name.</summary>
    public IReadOnlyList<KeyValuePair<string, OutputFigures>> Outputs
    {
        get
        {
            lock (_gate)
                return [.. _outputs];
        }
    }

    public void Ran() => Interlocked.Increment(ref _runs);

    public void Fail() => Interlocked.Increment(ref _failed);

    public void Skip() => Interlocked.Increment(ref _skipped);

    /// <param name="difference">Null: the tensors could not be compared.</param>
    public void Add(string output, TensorDifference? difference)
    {
        lock (_gate)
        {
            var figures = _outputs.GetValueOrDefault(output) ?? new OutputFigures(0, 0, 0, 0, null);
            _outputs[output] = difference is not { } found ? figures with { Incomparable = figures.Incomparable + 1 } : new OutputFigures(
                figures.Count + 1, figures.Incomparable, Mean(figures.Mean, found.Mean, figures.Count), Math.Max(figures.Largest, found.Largest),
                found.Agreement is { } agreement ? Mean(figures.Agreement ?? 0, agreement, figures.Count) : null);
        }
    }

    private static double Mean(double mean, double next, long count) => mean + ((next - mean) / (count + 1));
}

/// <param name="Count">Pairs of tensors compared.</param>
/// <param name="Incomparable">Pairs of different sizes, or where one has not this output.</param>
/// <param name="Mean">Over the pairs: mean absolute difference.</param>
/// <param name="Largest">Of all pairs.</param>
/// <param name="Agreement">Masks: over the pairs.</param>
internal sealed record OutputFigures(long Count, long Incomparable, double Mean, double Largest, double? Agreement);
