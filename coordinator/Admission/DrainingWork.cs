namespace Espresso.Coordinator.Admission;

/// <summary>What a set of queues still holds, each worked off at its own rate since its last report: the sum at any moment without a walk.</summary>
/// <remarks>
/// The sum falls in straight lines that bend where a queue runs empty. Queues stand in the order of their end, so each bend costs O(log n)
/// once, and between bends a look is a multiplication. Not thread-safe.
/// </remarks>
internal sealed class DrainingWork
{
    private readonly SortedSet<Part> _busy = new(Comparer<Part>.Create(static (x, y) =>
    {
        var order = x.EndsMs.CompareTo(y.EndsMs);
        return order != 0 ? order : x.Id.CompareTo(y.Id);
    }));

    private long _parts;
    private double _nowMs;
    private double _work;
    private double _workRate;
    private double _items;
    private double _itemRate;

    /// <summary>Device milliseconds that are left, of all queues together.</summary>
    public double WorkAt(double nowMs)
    {
        Advance(nowMs);
        return _work;
    }

    /// <summary>Of the items that came from here, those that are left.</summary>
    public double ItemsAt(double nowMs)
    {
        Advance(nowMs);
        return _items;
    }

    /// <summary>A queue's new state in the place of its former one.</summary>
    /// <param name="part">Null: it is new.</param>
    /// <param name="backlogMs">Until it is empty, if nothing comes.</param>
    /// <param name="devices">That work it off side by side.</param>
    /// <param name="items">That it holds from here; they go as evenly as the work.</param>
    public Part Replace(Part? part, double nowMs, double backlogMs, int devices, double items)
    {
        Remove(part, nowMs);
        part ??= new Part(_parts++);
        if (backlogMs <= 0)
            return part;
        (part.EndsMs, part.WorkRate, part.ItemRate) = (nowMs + backlogMs, devices, items / backlogMs);
        _busy.Add(part);
        _work += backlogMs * devices;
        _workRate += part.WorkRate;
        _items += items;
        _itemRate += part.ItemRate;
        return part;
    }

    public void Remove(Part? part, double nowMs)
    {
        Advance(nowMs);
        if (part is not null && _busy.Remove(part))
            Subtract(part, part.EndsMs - nowMs);
    }

    private void Advance(double nowMs)
    {
        while (_busy.Min is { } first && first.EndsMs <= nowMs)
        {
            Drain(first.EndsMs);
            _busy.Remove(first);
            Subtract(first, 0);
        }

        Drain(nowMs);
    }

    private void Drain(double nowMs)
    {
        var passed = Math.Max(0, nowMs - _nowMs);
        _nowMs = Math.Max(_nowMs, nowMs);
        _work = Math.Max(0, _work - (_workRate * passed));
        _items = Math.Max(0, _items - (_itemRate * passed));
    }

    private void Subtract(Part part, double leftMs)
    {
        _work -= part.WorkRate * leftMs;
        _items -= part.ItemRate * leftMs;
        _workRate -= part.WorkRate;
        _itemRate -= part.ItemRate;
        if (_busy.Count == 0)
            (_work, _workRate, _items, _itemRate) = (0, 0, 0, 0); // and with them what rounding has gathered
    }

    /// <summary>One queue's part of the sum.</summary>
    internal sealed class Part(long id)
    {
        public long Id { get; } = id;

        public double EndsMs { get; set; }

        public double WorkRate { get; set; }

        public double ItemRate { get; set; }
    }
}
