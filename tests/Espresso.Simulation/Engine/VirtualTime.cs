namespace Espresso.Simulation.Engine;

/// <summary>The simulation's clock and its agenda: a binary heap of events. Events of one instant happen in the order in which they were set.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private Event[] _heap = new Event[1024];
    private int _count;
    private long _order;

    /// <summary>Since the simulation's start.</summary>
    public TimeSpan Now { get; private set; }

    public long Events { get; private set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Epoch + Now;

    public override long GetTimestamp() => Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("a simulated class sets its events with At");

    /// <summary>Sets an event; what lies in the past happens now.</summary>
    public void At(TimeSpan when, Actor actor, int what, object? with = null, long tag = 0)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, 2 * _count);
        var added = new Event(Math.Max(when.Ticks, Now.Ticks), _order++, actor, what, with, tag);
        var at = _count++;
        while (at > 0 && added.IsBefore(_heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = added;
    }

    /// <summary>Lets everything happen that is due until <paramref name="end"/>.</summary>
    public void Run(TimeSpan end)
    {
        while (_count > 0 && _heap[0].Ticks <= end.Ticks)
        {
            var next = Pop();
            Now = TimeSpan.FromTicks(next.Ticks);
            Events++;
            next.Actor.On(next.What, next.With, next.Tag);
        }

        Now = end;
    }

    private Event Pop()
    {
        var first = _heap[0];
        var last = _heap[--_count];
        _heap[_count] = default;
        var at = 0;
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(last))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        if (_count > 0)
            _heap[at] = last;
        return first;
    }

    private readonly record struct Event(long Ticks, long Order, Actor Actor, int What, object? With, long Tag)
    {
        public bool IsBefore(in Event other) => Ticks != other.Ticks ? Ticks < other.Ticks : Order < other.Order;
    }
}
