using System.Runtime.InteropServices;

namespace Espresso.Minions.Batching;

/// <summary>On whose account an item goes: those of one flow stand in one line, and the device is shared among lines.</summary>
internal readonly record struct FlowKey(string Tenant, string Class);

/// <summary>Shares the device among flows by measured cost: start-time fair queueing.</summary>
/// <remarks>
/// A flow's start is the virtual time at which its next item is due: what it was served so far, in device milliseconds divided by its
/// weight. The lowest start is served first. A flow that comes back begins at the present virtual time, which is the start of what was
/// served last: idling saves nothing up. So flows that wait differ at any moment by no more than one item of each (Goyal, Vin, Cheng 1996).
/// </remarks>
internal sealed class FairFlows<T>
    where T : WorkItem
{
    /// <summary>
    /// Names are the callers' to choose, and each new one would go before all that wait: above this many the new ones of a class share one
    /// flow, so that the others' share has a floor.
    /// </summary>
    private const int MostFlows = 256;

    private const string Others = "";

    private readonly Dictionary<FlowKey, Flow> _flows = [];
    private double _now;
    private long _made;

    public int Count => _flows.Count;

    /// <summary>Of the flows that wait for something.</summary>
    public double ActiveWeight { get; private set; }

    /// <summary>The item's flow, whose key the item has from now on.</summary>
    public Flow Of(T item)
    {
        if (_flows.Count >= MostFlows && !_flows.ContainsKey(item.Flow))
        {
            Sweep();
            if (_flows.Count >= MostFlows)
                item.Flow = item.Flow with { Tenant = Others };
        }

        ref var flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, item.Flow, out _);
        flow ??= new Flow(item.Flow, _made++);
        if (flow.Lines.Count == 0)
            flow.Start = Math.Max(flow.Start, _now);
        else
            ActiveWeight += item.Weight - flow.Weight;
        flow.Weight = item.Weight;
        return flow;
    }

    /// <summary>The flow that an item of this key would join; null: it would be a new one.</summary>
    public Flow? Find(FlowKey key) =>
        _flows.GetValueOrDefault(key) ?? (_flows.Count < MostFlows ? null : _flows.GetValueOrDefault(key with { Tenant = Others }));

    /// <summary>A line of the flow in one more bucket.</summary>
    public Line NewLine(Flow flow, SortedSet<Line> among)
    {
        if (flow.Lines.Count == 0)
            ActiveWeight += flow.Weight;
        var line = new Line(flow, among);
        flow.Lines.Add(line);
        among.Add(line);
        return line;
    }

    /// <summary>The flow's own line has been served; it is due again the later the more that cost.</summary>
    public void Charge(Flow flow, double cost)
    {
        _now = Math.Max(_now, flow.Start);
        foreach (var line in flow.Lines)
            line.Among.Remove(line);
        flow.Start += cost / flow.Weight;
        foreach (var line in flow.Lines)
            line.Among.Add(line);
    }

    /// <summary>Nothing waits any more: nobody owes anybody anything.</summary>
    public void Forget()
    {
        _flows.Clear();
        (_now, ActiveWeight) = (0, 0);
    }

    /// <summary>A flow has come to its end for now.</summary>
    public void Left(Flow flow)
    {
        ActiveWeight -= flow.Weight;
        if (flow.Start <= _now)
            _flows.Remove(flow.Key);
    }

    /// <summary>Flows that wait for nothing are kept only while they were served more than the others.</summary>
    private void Sweep()
    {
        foreach (var (key, idle) in _flows)
        {
            if (idle.Lines.Count == 0 && idle.Start <= _now)
                _flows.Remove(key);
        }
    }

    internal sealed class Flow(FlowKey key, long order)
    {
        public FlowKey Key => key;

        /// <summary>Decides among equal starts.</summary>
        public long Order => order;

        public double Weight { get; set; } = 1;

        public double Start { get; set; }

        /// <summary>That wait.</summary>
        public int Rows { get; set; }

        /// <summary>One for each bucket in which something waits.</summary>
        public List<Line> Lines { get; } = [];
    }

    /// <summary>What waits of one flow in one bucket, most urgent first.</summary>
    /// <param name="among">The bucket's lines, the one that is due first.</param>
    internal sealed class Line(Flow flow, SortedSet<Line> among)
    {
        public Flow Flow => flow;

        public SortedSet<Line> Among => among;

        public SortedSet<T> Items { get; } = new(UrgencyOrder.Instance);

        public static SortedSet<Line> NewSet() => new(Comparer<Line>.Create(static (x, y) =>
        {
            var order = x.Flow.Start.CompareTo(y.Flow.Start);
            return order != 0 ? order : x.Flow.Order.CompareTo(y.Flow.Order);
        }));
    }
}
