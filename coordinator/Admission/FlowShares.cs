namespace Espresso.Coordinator.Admission;

/// <summary>One caller's place among those who share a model version.</summary>
internal sealed class Flow(Caller caller, double weight)
{
    public Caller Caller { get; } = caller;

    public double Weight { get; } = weight;

    /// <summary>Slots that it holds.</summary>
    public int Reserved { get; set; }

    /// <summary>When it last asked; positive infinity: it stays for ever.</summary>
    public double SeenMs { get; set; }
}

/// <summary>Who shares a model version, and with what weight: O(1) amortised for each request. Not thread-safe.</summary>
internal sealed class FlowShares
{
    /// <summary>Who asks no more is forgotten after this; until then a little room is kept for it.</summary>
    private const double RememberMs = 60_000;

    /// <summary>Names are the clients' to choose; above this many at once the new ones share one flow a class.</summary>
    private const int MostFlows = 1_000;

    private const string Others = "";

    private readonly TenantWeights _weights;
    private readonly Dictionary<Caller, LinkedListNode<Flow>> _flows = [];
    private readonly LinkedList<Flow> _bySeen = new();

    public FlowShares(TenantWeights weights)
    {
        _weights = weights;
        foreach (var tenant in weights.Named)
            Add(new Caller(tenant, RequestClass.Interactive), double.PositiveInfinity);
    }

    /// <summary>Of all flows that are remembered.</summary>
    public double PresentWeight { get; private set; }

    /// <summary>Of those that hold slots.</summary>
    public double ActiveWeight { get; private set; }

    public int Count => _flows.Count;

    /// <summary>The caller's flow, which has asked just now.</summary>
    public Flow Seen(Caller caller, double nowMs)
    {
        Forget(nowMs);
        if (!_flows.ContainsKey(caller) && _flows.Count >= MostFlows)
            caller = caller with { Tenant = Others };
        if (!_flows.TryGetValue(caller, out var node))
            return Add(caller, nowMs);
        if (double.IsFinite(node.Value.SeenMs))
        {
            node.Value.SeenMs = nowMs;
            _bySeen.Remove(node);
            _bySeen.AddLast(node);
        }

        return node.Value;
    }

    public void Reserve(Flow flow)
    {
        if (flow.Reserved++ == 0)
            ActiveWeight += flow.Weight;
    }

    public void Release(Flow flow)
    {
        if (--flow.Reserved == 0)
            ActiveWeight -= flow.Weight;
    }

    private Flow Add(Caller caller, double seenMs)
    {
        var flow = new Flow(caller, _weights.Of(caller)) { SeenMs = seenMs };
        var node = new LinkedListNode<Flow>(flow);
        _flows.Add(caller, node);
        if (double.IsFinite(seenMs))
            _bySeen.AddLast(node);
        PresentWeight += flow.Weight;
        return flow;
    }

    private void Forget(double nowMs)
    {
        while (_bySeen.First is { } node && node.Value.SeenMs + RememberMs <= nowMs)
        {
            _bySeen.RemoveFirst();
            if (node.Value.Reserved > 0)
            {
                node.Value.SeenMs = nowMs; // its requests are long, but here
                _bySeen.AddLast(node);
                continue;
            }

            _flows.Remove(node.Value.Caller);
            PresentWeight -= node.Value.Weight;
        }
    }
}
