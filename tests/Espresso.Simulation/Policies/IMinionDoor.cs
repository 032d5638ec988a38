using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>Whether a minion takes one more item. What it refuses, a coordinator may try elsewhere.</summary>
internal interface IMinionDoor
{
    string Name { get; }

    bool Admits(int pending, Request request, MinionNode minion);

    void Answered(TimeSpan took, int pending);
}

/// <summary>A bounded queue that takes nothing that would be late, as the minion has it.</summary>
internal sealed class BoundedQueue(int maxPending) : IMinionDoor
{
    public string Name => $"at most {maxPending} pending";

    public bool Admits(int pending, Request request, MinionNode minion) => pending < maxPending && !minion.TooLate(request);

    public void Answered(TimeSpan took, int pending)
    {
    }
}

/// <summary>Nobody is refused.</summary>
internal sealed class OpenDoor : IMinionDoor
{
    public string Name => "no admission";

    public bool Admits(int pending, Request request, MinionNode minion) => true;

    public void Answered(TimeSpan took, int pending)
    {
    }
}

/// <summary>
/// A limit of what is in flight that follows the ratio of the long to the short response time, after Netflix' Gradient2Limit
/// (concurrency-limits): limit · gradient + queue, smoothed by 0.2, gradient in 0.5 to 1, long time over 600 samples and let go by a tenth
/// when it is more than twice the short one, no growth while less than half of the limit is in use.
/// </summary>
internal sealed class Gradient2Door(int least = 20, int initial = 20, int most = 200) : IMinionDoor
{
    private const double Queue = 4;
    private const double Smoothing = 0.2;
    private const int Window = 600;
    private const int Warmup = 10;

    private double _limit = initial;
    private double _long;
    private int _samples;

    public string Name => "Gradient2";

    public double Limit => _limit;

    public bool Admits(int pending, Request request, MinionNode minion) => pending < (int)_limit;

    public void Answered(TimeSpan took, int pending)
    {
        var sample = took.TotalMilliseconds;
        _samples++;
        // The plain mean of the first few, then a moving one.
        var weight = _samples <= Warmup ? 1.0 / _samples : 2.0 / (Window + 1);
        _long += weight * (sample - _long);
        if (_long / sample > 2)
            _long *= 0.9;
        if (pending < _limit / 2)
            return;
        var gradient = Math.Clamp(_long / sample, 0.5, 1);
        var wanted = (_limit * gradient) + Queue;
        _limit = Math.Clamp((_limit * (1 - Smoothing)) + (wanted * Smoothing), least, most);
    }
}
