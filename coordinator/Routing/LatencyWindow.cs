namespace Espresso.Coordinator.Routing;

/// <summary>How long the last thousand or so calls took, in steps of a tenth; recording and reading are O(1) but for a sum now and then.</summary>
internal sealed class LatencyWindow
{
    private const double ShortestMs = 0.5;
    private const double Step = 1.1;

    /// <summary>Up to 0.5 ms · 1.1¹⁵⁹, half an hour.</summary>
    private const int Steps = 160;

    /// <summary>Fewer tell nothing of a twentieth.</summary>
    private const int Fewest = 100;

    /// <summary>When so many are counted, all counts are halved: the old fade out.</summary>
    private const int Most = 1_000;

    /// <summary>Recordings between two sums.</summary>
    private const int SumEvery = 20;

    private readonly Lock _gate = new();
    private readonly int[] _counts = new int[Steps];
    private int _total;
    private int _sinceSum;
    private TimeSpan? _p95;

    /// <summary>Ninety-five of a hundred were no longer; null until there are enough to say.</summary>
    public TimeSpan? P95
    {
        get
        {
            lock (_gate)
                return _p95;
        }
    }

    public void Record(TimeSpan took)
    {
        var step = (int)Math.Ceiling(Math.Log(Math.Max(1, took.TotalMilliseconds / ShortestMs)) / Math.Log(Step));
        lock (_gate)
        {
            _counts[Math.Min(step, Steps - 1)]++;
            if (++_total >= Most)
                Halve();
            if (_total < Fewest || ++_sinceSum < SumEvery)
                return;
            _sinceSum = 0;
            _p95 = Sum();
        }
    }

    private void Halve()
    {
        _total = 0;
        for (var i = 0; i < Steps; i++)
            _total += _counts[i] /= 2;
    }

    private TimeSpan Sum()
    {
        var (above, step) = (0, Steps);
        while (above + _counts[step - 1] <= _total / 20)
            above += _counts[--step];
        return TimeSpan.FromMilliseconds(ShortestMs * Math.Pow(Step, step - 1));
    }
}
