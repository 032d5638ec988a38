using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

/// <summary>One device, callers that ask again a little after each answer, and the policy between them, on a virtual clock.</summary>
internal sealed class ClosedLoop
{
    private readonly CostTable _costs;
    private readonly ArrivalForecast _forecast = new();
    private readonly PriorityQueue<Action, (TimeSpan At, int Order)> _events = new();
    private readonly Queue<TimeSpan> _waiting = new();
    private readonly List<Run> _runs = [];
    private readonly Random _random = new(1);
    private readonly TimeSpan _think;
    private TimeSpan _now;
    private TimeSpan _freeSince;
    private bool _busy;
    private int _order;

    /// <param name="thinkMs">From an answer to the caller's next request, give or take a fifth.</param>
    public ClosedLoop(int callers, double a, double b, int max, double thinkMs)
    {
        _costs = new CostTable(max);
        for (var size = 1; size <= max; size++)
            _costs.Set("b", size, TimeSpan.FromMilliseconds(a + (b * size)));
        _think = TimeSpan.FromMilliseconds(thinkMs);
        SetCallers(callers);
    }

    /// <param name="Held">How long the device was free while something waited.</param>
    public readonly record struct Run(int Rows, TimeSpan Held, TimeSpan End);

    /// <summary>Callers beyond it go home at their next answer.</summary>
    public int Callers { get; private set; }

    private int Active { get; set; }

    public void SetCallers(int callers)
    {
        Callers = callers;
        for (; Active < callers; Active++)
            After(TimeSpan.FromMilliseconds(Active * 3.7), Arrive);
    }

    /// <summary>The next runs.</summary>
    public List<Run> Next(int runs)
    {
        _runs.Clear();
        while (_runs.Count < runs && _events.TryDequeue(out var act, out var at))
        {
            _now = at.At;
            act();
        }

        return [.. _runs];
    }

    private void Arrive()
    {
        _forecast.Arrived(_now);
        _waiting.Enqueue(_now);
        Decide();
    }

    private void Decide()
    {
        if (_busy || _waiting.Count == 0)
            return;
        var view = new BucketView("b", _waiting.Count, WorkItem.DefaultPriority, TimeSpan.MaxValue, _waiting.Peek());
        var decision = BatchPolicy.Decide([view], _now, 1, _freeSince, _forecast.Next(_now), _costs);
        if (decision.Bucket is null)
        {
            After(decision.WaitUntil - _now, Decide);
            return;
        }

        _busy = true;
        var since = _waiting.Peek() > _freeSince ? _waiting.Peek() : _freeSince;
        for (var i = 0; i < decision.Rows; i++)
            _waiting.Dequeue();
        var end = _now + _costs.Estimate("b", decision.Rows);
        _runs.Add(new Run(decision.Rows, _now - since, end));
        After(end - _now, () => Finish(decision.Rows));
    }

    private void Finish(int rows)
    {
        _busy = false;
        _freeSince = _now;
        _forecast.Answered(rows, _now);
        for (var i = 0; i < rows; i++)
        {
            if (Active > Callers)
                Active--;
            else
                After(_think * (0.8 + (0.4 * _random.NextDouble())), Arrive);
        }

        Decide();
    }

    private void After(TimeSpan wait, Action act) => _events.Enqueue(act, (_now + wait, _order++));
}
