using Espresso.Simulation.Engine;
using Espresso.Simulation.Measures;
using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Fleet;

/// <summary>What comes, and for how long.</summary>
/// <param name="Rate">Requests per second at a moment.</param>
/// <param name="Warmup">What arrives before it is served and not counted.</param>
/// <param name="Window">Of the series over time.</param>
internal sealed record Load(Func<TimeSpan, double> Rate, TimeSpan Warmup, TimeSpan End, TimeSpan Window);

/// <summary>A fleet under a load, from its start to its last answer.</summary>
internal sealed class FleetSimulation
{
    private readonly FleetOptions _options;
    private readonly Load _load;
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();
    private readonly Tally _tally;
    private readonly Autoscaler? _autoscaler;

    public FleetSimulation(FleetOptions options, Load load, int seed)
    {
        (_options, _load) = (options, load);
        _tally = new Tally(options, load.Window, load.Warmup);
        var chance = new Chance(seed);
        Minions = [.. Enumerable.Range(0, options.Replicas).Select(index =>
            new MinionNode(index, options, _time, NetworkOf($"minion {index}"), chance.For($"device {index}")))];
        Coordinators = [.. Enumerable.Range(0, options.Coordinators).Select(index =>
            new CoordinatorNode(options, _time, Minions, chance.For($"choices {index}"), _tally))];
        var phases = chance.For("report phases");
        foreach (var minion in Minions.Take(options.First))
            minion.Join(Coordinators, options.ReportEvery * phases.NextDouble());
        _autoscaler = options.Stack.Scaling.Count == 0 ? null : new Autoscaler(this, options, _time);
        _ = new Source(_time, options, load.Rate, load.End, Coordinators, chance);

        Network NetworkOf(string who) => new(options.NetworkLeast, options.NetworkMean, chance.For($"network of {who}"));
    }

    public IReadOnlyList<MinionNode> Minions { get; }

    public IReadOnlyList<CoordinatorNode> Coordinators { get; }

    /// <summary>Something that happens to the fleet.</summary>
    public FleetSimulation At(TimeSpan when, Action<FleetSimulation> what)
    {
        _time.At(when, _script, 0, (Action)(() => what(this)));
        return this;
    }

    public FleetResult Run()
    {
        _time.Run(_load.End + _options.Deadline + TimeSpan.FromSeconds(1));
        _autoscaler?.Close();
        return new FleetResult(_options, _load, _tally, Minions, _time.Events) { Paid = _autoscaler?.Paid ?? (_options.Replicas * _time.Now) };
    }

    private sealed class Script : Actor
    {
        public override void On(int what, object? with, long tag) => ((Action)with!)();
    }
}
