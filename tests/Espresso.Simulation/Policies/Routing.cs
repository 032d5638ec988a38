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

    protected Routing(FleetOptions options)
    {
        _options = options;
        _states = [.. Enumerable.Range(0, options.Replicas).Select(NewState)];
        _indices = [.. Enumerable.Range(0, options.Replicas)];
        Live = [.. _states];
    }

    /// <summary>Those that take work.</summary>
    protected ReplicaState[] Live { get; private set; }

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

    /// <summary>The end of a call, however it came.</summary>
    public void Exit(Request request, int replica) => _states[replica].Exit(request.Rows);

    /// <param name="costs">Null: the report of a reply, which has none.</param>
    public void Report(int replica, in LoadReport load, CostModel? costs, TimeSpan now)
    {
        if (costs is not null)
            _states[replica].Costs = costs;
        _states[replica].Report(load, now);
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
internal sealed class MeshRouting(FleetOptions options, Random random) : Routing(options)
{
    private readonly ReplicaChoice _choice = new();

    protected override int Pick(Request request, ReplicaState? except, TimeSpan now) =>
        _choice.Pick(Live, except, request.Bucket, now, random);

    protected override void Sent(Request request, int at, TimeSpan now) => _choice.Sent(at, Live[at], request.Bucket, now);
}

/// <summary>One after the other, whatever they have to do.</summary>
internal sealed class RoundRobinRouting(FleetOptions options) : Routing(options)
{
    private int _next;

    protected override int Pick(Request request, ReplicaState? except, TimeSpan now)
    {
        for (var tries = 0; tries < Live.Length; tries++)
        {
            _next = (_next + 1) % Live.Length;
            if (Live[_next] != except)
                return _next;
        }

        return -1;
    }
}
