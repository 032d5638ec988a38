namespace Espresso.Coordinator.Traffic;

/// <summary>A version's last requests.</summary>
/// <param name="Errors">Of the requests.</param>
/// <param name="Timed">Answers of which the time counts.</param>
/// <param name="P95Ms">95th percentile of these, to within 5 %.</param>
internal readonly record struct Outcomes(long Requests, long Errors, long Timed, double P95Ms)
{
    public double ErrorShare => Requests == 0 ? 0 : (double)Errors / Requests;
}

/// <summary>How a request to a version ended.</summary>
internal enum VersionOutcome
{
    Answered,

    /// <summary>The deadline came first.</summary>
    Late,

    Failed,
}

/// <summary>Counts requests, errors and times over a sliding window, in a dozen slices that are forgotten one by one. Not thread-safe.</summary>
internal sealed class OutcomeWindow(TimeSpan window)
{
    private const int Slices = 12;

    /// <summary>Bounds of the time's buckets grow by a tenth from 0.1 ms: 160 reach past six minutes.</summary>
    private const int Buckets = 160;
    private const double Growth = 1.1;
    private const double FirstMs = 0.1;

    private readonly Slice[] _slices = [.. Enumerable.Range(0, Slices).Select(_ => new Slice())];
    private readonly TimeSpan _each = window / Slices;

    /// <param name="milliseconds">Null: an answer whose time does not count.</param>
    /// <param name="now">Never before an earlier one.</param>
    public void Add(bool isError, double? milliseconds, DateTimeOffset now)
    {
        var number = now.Ticks / _each.Ticks;
        var slice = _slices[number % Slices];
        if (slice.Number != number)
            slice.Reset(number);
        slice.Requests++;
        if (isError)
            slice.Errors++;
        else if (milliseconds is { } took)
            slice.Times[Math.Clamp((int)Math.Ceiling(Math.Log(took / FirstMs, Growth)), 0, Buckets - 1)]++;
    }

    public Outcomes Sum(DateTimeOffset now)
    {
        var oldest = (now.Ticks / _each.Ticks) - Slices;
        var (requests, errors, timed) = (0L, 0L, 0L);
        Span<long> times = stackalloc long[Buckets];
        foreach (var slice in _slices)
        {
            if (slice.Number <= oldest)
                continue;
            requests += slice.Requests;
            errors += slice.Errors;
            for (var i = 0; i < Buckets; i++)
                times[i] += slice.Times[i];
        }

        foreach (var count in times)
            timed += count;
        return new Outcomes(requests, errors, timed, P95(times, timed));
    }

    private static double P95(ReadOnlySpan<long> times, long count)
    {
        var (bucket, below) = (0, 0L);
        while (bucket < Buckets - 1 && below + times[bucket] < 0.95 * count)
            below += times[bucket++];
        return count == 0 ? 0 : FirstMs * Math.Pow(Growth, bucket - 0.5);
    }

    private sealed class Slice
    {
        public long Number { get; private set; } = long.MinValue;

        public long Requests { get; set; }

        public long Errors { get; set; }

        public long[] Times { get; } = new long[Buckets];

        public void Reset(long number)
        {
            (Number, Requests, Errors) = (number, 0, 0);
            Array.Clear(Times);
        }
    }
}
