namespace Espresso.Simulation.Measures;

/// <summary>Latencies in classes a percent wide: any quantile within a percent, from 0.05 ms to about an hour, in constant room.</summary>
internal sealed class LatencyHistogram
{
    private const double LeastMs = 0.05;
    private const double Step = 1.01;
    private const int Classes = 1800;

    private static readonly double LogStep = Math.Log(Step);

    private readonly long[] _counts = new long[Classes];

    public long Count { get; private set; }

    public void Add(TimeSpan latency)
    {
        var at = (int)(Math.Log(Math.Max(latency.TotalMilliseconds, LeastMs) / LeastMs) / LogStep);
        _counts[Math.Min(at, Classes - 1)]++;
        Count++;
    }

    /// <returns>Milliseconds; 0 where nothing was added.</returns>
    public double Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        long below = 0;
        for (var i = 0; i < Classes; i++)
        {
            below += _counts[i];
            if (below >= rank && below > 0)
                return LeastMs * Math.Pow(Step, i + 0.5);
        }

        return 0;
    }

    /// <summary>The share of latencies up to each class's upper edge, for the classes that hold any.</summary>
    public IEnumerable<(double Ms, double Share)> Distribution()
    {
        long below = 0;
        for (var i = 0; i < Classes; i++)
        {
            if (_counts[i] == 0)
                continue;
            below += _counts[i];
            yield return (LeastMs * Math.Pow(Step, i + 1), (double)below / Count);
        }
    }
}
