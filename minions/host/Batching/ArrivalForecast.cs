namespace Espresso.Minions.Batching;

/// <summary>When the next item is likely to come: what holding a batch open is weighed against. Not thread-safe.</summary>
/// <remarks>
/// Two kinds of traffic look alike in their mean rate and differ in this: callers that wait for an answer before they ask again come back
/// in a burst just after a batch is done. So beside the plain gap between arrivals, the gap from a batch's end to the next arrival is
/// averaged while fewer have come back than were answered.
/// </remarks>
internal sealed class ArrivalForecast
{
    private const double Weight = 0.2;

    private double _gapMs = double.PositiveInfinity;
    private double _returnMs = double.PositiveInfinity;
    private TimeSpan _lastArrival = TimeSpan.MinValue;
    private TimeSpan _lastStep; // the last end or return, from which the next return is counted
    private int _outstanding;

    public void Arrived(TimeSpan now)
    {
        if (_lastArrival != TimeSpan.MinValue)
            _gapMs = Average(_gapMs, (now - _lastArrival).TotalMilliseconds);
        _lastArrival = now;
        if (_outstanding > 0)
        {
            _outstanding--;
            _returnMs = Average(_returnMs, (now - _lastStep).TotalMilliseconds);
            _lastStep = now;
        }
    }

    public void Answered(int items, TimeSpan now)
    {
        _outstanding = items; // those of the batch before who have not come back by now will not
        _lastStep = now;
    }

    /// <summary>The expected time from <paramref name="now"/> to the next arrival.</summary>
    public TimeSpan Next(TimeSpan now)
    {
        var expected = _gapMs;
        if (_outstanding > 0 && (now - _lastStep).TotalMilliseconds < 3 * _returnMs)
            expected = Math.Min(expected, _returnMs);
        return double.IsInfinity(expected) ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(expected);
    }

    private static double Average(double known, double sample) => double.IsInfinity(known) ? sample : known + (Weight * (sample - known));
}
