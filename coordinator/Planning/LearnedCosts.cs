using System.Collections.Concurrent;
using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Planning;

/// <summary>What decodes, runs and encodes took here, as moving averages. Thread-safe.</summary>
internal sealed class LearnedCosts(TimeProvider time)
{
    private readonly ConcurrentDictionary<ModelKey, LearnedCost> _runs = new();
    private readonly ConcurrentDictionary<ModelKey, LearnedCost> _encodes = new();

    /// <summary>All tensors of a request, from its bytes.</summary>
    public LearnedCost Decode { get; } = new(time);

    /// <summary>A version's inputs made and its call, without what it waited in the minion's queue: that is no cost of its own.</summary>
    public LearnedCost Run(ModelKey key) => Of(_runs, key);

    /// <summary>A version's outputs made picture files.</summary>
    public LearnedCost Encode(ModelKey key) => Of(_encodes, key);

    private LearnedCost Of(ConcurrentDictionary<ModelKey, LearnedCost> costs, ModelKey key) =>
        costs.GetOrAdd(key, static (_, time) => new LearnedCost(time), time);
}

/// <summary>Milliseconds of one kind of work: its moving average, and the least that it takes at best.</summary>
internal sealed class LearnedCost(TimeProvider time)
{
    /// <summary>Weight of the newest measurement: about the last ten count.</summary>
    private const double Newest = 0.2;

    /// <summary>The least rises by so much of the way to a larger measurement: one lucky run is not believed for ever.</summary>
    private const double Rise = 0.05;

    /// <summary>Measurements before the least is believed: a first run may be a cold one, and says only of itself that it could not do better.</summary>
    private const int Enough = 3;

    /// <summary>Work that is thought too long for a deadline is not tried, and so not measured: without this it would never be tried again.</summary>
    private static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private double _mean;
    private double _least;
    private long _measured;
    private int _count;

    /// <summary>0 where nothing has been measured.</summary>
    public double MeanMs
    {
        get
        {
            lock (_gate)
                return _mean;
        }
    }

    /// <summary>What it surely takes; less with the time since the last measurement, 0 (not known) before the third.</summary>
    public double LeastMs
    {
        get
        {
            lock (_gate)
                return _count < Enough ? 0 : _least * Math.Pow(0.5, time.GetElapsedTime(_measured) / HalfLife);
        }
    }

    public void Measure(double milliseconds)
    {
        lock (_gate)
        {
            var first = _count == 0;
            _mean = first ? milliseconds : _mean + (Newest * (milliseconds - _mean));
            _least = first || milliseconds < _least ? milliseconds : _least + (Rise * (milliseconds - _least));
            _count = Math.Min(_count + 1, Enough);
            _measured = time.GetTimestamp();
        }
    }
}
