using Espresso.Coordinator;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>
/// How a coordinator chooses among the replicas. Each coordinator has its own, which knows what came to this one: the coordinator's own
/// <see cref="ReplicaState"/> of each replica, whoever chooses among them.
/// </summary>
internal abstract class Routing
{
    private readonly FleetOptions _options;
    private readonly ReplicaState[] _states;
    private int[] _indices;

    /// <param name="watches">Calls are taken from silent replicas, and those that fail again and again are ejected, as the router does.</param>
    protected Routing(FleetOptions options, bool watches)
    {
        (_options, Watches) = (options, watches);
        _states = [.. Enumerable.Range(0, options.Replicas).Select(NewState)];
        _indices = [.. Enumerable.Range(0, options.Replicas)];
        Live = [.. _states];
    }

    /// <summary>Those that take work.</summary>
    protected ReplicaState[] Live { get; private set; }

    public bool Watches { get; }

    /// <summary>The router's own memory: its choice, its retry budget.</summary>
    public RouteState Route { get; } = new(new CoordinatorOptions().RetryPercent, hedgePercent: 0);

    public ReplicaState this[int replica] => _states[replica];

    /// <param name="except">Not that one; -1: any.</param>
    /// <returns>A replica that has been entered; -1: none takes work.</returns>
    public int Enter(Request request, int except, TimeSpan now)
    {
        while (true)
        {
            var at = Pick(request, except < 0 ? null : _states[except], now);
            if (at < 0)
                return -1;
            if (!Live[at].TryEnter(request.Bucket, request.Rows, now))
                continue;
            Sent(request, at, now);
            return _indices[at];
        }
    }

    /// <summary>The end of a call, and what it tells of the replica: one that fails again and again is ejected, but never the last one.</summary>
    public void Exit(Request request, int replica, CallEnd end, TimeSpan now)
    {
        if (Watches && _states[replica].Ended(end, now) && HasOther(replica, now))
            _states[replica].Eject(now);
        _states[replica].Exit(request.Rows);
    }

    /// <summary>Somebody else takes work, and is not ejected.</summary>
    public bool HasOther(int than, TimeSpan now)
    {
        foreach (var state in Live)
        {
            if (state != _states[than] && state.Takes(now))
                return true;
        }

        return false;
    }

    /// <param name="costs">Null: the report of a reply, which has none.</param>
    /// <returns>False: a newer one was there before.</returns>
    public bool Report(int replica, in LoadReport load, CostModel? costs, TimeSpan now)
    {
        if (costs is not null)
            _states[replica].Costs = costs;
        return _states[replica].Report(load, now);
    }

    public void Left(int replica)
    {
        _states[replica].Retire();
        Publish();
    }

    public void Joined(int replica)
    {
        _states[replica] = NewState(replica);
        Publish();
    }

    /// <returns>Index in <see cref="Live"/>; -1: none.</returns>
    protected abstract int Pick(Request request, ReplicaState? except, TimeSpan now);

    protected virtual void Sent(Request request, int at, TimeSpan now)
    {
    }

    private ReplicaState NewState(int replica) => new($"replica-{replica}", _options.MaxPending);

    private void Publish()
    {
        _indices = [.. Enumerable.Range(0, _states.Length).Where(index => _states[index].IsOpen)];
        Live = [.. _indices.Select(index => _states[index])];
    }
}

/// <summary>The coordinator's own choice.</summary>
internal sealed class MeshRouting(FleetOptions options, Random random) : Routing(options, watches: true)
{
    protected override int Pick(Request request, ReplicaState? except, TimeSpan now) =>
        Route.Choice.Pick(Live, except, request.Bucket, now, random);

    protected override void Sent(Request request, int at, TimeSpan now) => Route.Choice.Sent(at, Live[at], request.Bucket, now);
}

/// <summary>One after the other, whatever they have to do.</summary>
internal sealed class RoundRobinRouting(FleetOptions options, bool watches) : Routing(options, watches)
{
    private int _next;

    protected override int Pick(Request request, ReplicaState? except, TimeSpan now)
    {
        for (var tries = 0; tries < Live.Length; tries++)
        {
            _next = (_next + 1) % Live.Length;
            if (Live[_next] != except && (!Watches || Live[_next].Takes(now)))
                return _next;
        }

        return -1;
    }
}
