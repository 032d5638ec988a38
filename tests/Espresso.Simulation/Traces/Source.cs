using Espresso.Simulation.Engine;
using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Traces;

/// <summary>Where requests come from: a Poisson stream whose rate changes with time, spread over the coordinators by chance.</summary>
internal sealed class Source : Actor
{
    private const int Arrival = 0;
    private const int LookAgain = 1;

    /// <summary>A gap that is longer is drawn anew from here: the rate may have changed, and a Poisson stream has no memory.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private readonly VirtualTime _time;
    private readonly FleetOptions _options;
    private readonly Func<TimeSpan, double> _rate;
    private readonly TimeSpan _end;
    private readonly IReadOnlyList<CoordinatorNode> _coordinators;
    private readonly Random _gaps;
    private readonly Random _shapes;
    private readonly Random _doors;

    /// <param name="rate">Requests per second at a moment.</param>
    public Source(
        VirtualTime time, FleetOptions options, Func<TimeSpan, double> rate, TimeSpan end, IReadOnlyList<CoordinatorNode> coordinators, Chance chance)
    {
        (_time, _options, _rate, _end, _coordinators) = (time, options, rate, end, coordinators);
        (_gaps, _shapes, _doors) = (chance.For("arrivals"), chance.For("shapes"), chance.For("coordinators"));
        Next();
    }

    public override void On(int what, object? with, long tag)
    {
        if (what == Arrival)
            Arrive();
        Next();
    }

    private void Arrive()
    {
        var shape = _options.Shapes.Draw(_shapes);
        var coordinator = _coordinators[_doors.Next(_coordinators.Count)];
        var due = _time.Now + _options.Deadline;
        coordinator.Arrive(new Request
        {
            Bucket = _options.Shapes.Classes[shape].Bucket,
            Shape = shape,
            Arrived = _time.Now,
            Due = due,
            Deadline = _options.Stack.Batching.KnowsDeadlines ? due : TimeSpan.MaxValue,
            Coordinator = coordinator,
        });
    }

    private void Next()
    {
        if (_time.Now >= _end)
            return;
        var rate = _rate(_time.Now);
        var gap = rate > 0 ? TimeSpan.FromSeconds(Math.Min(_gaps.NextExponential() / rate, 1)) : LongestLook;
        if (gap >= LongestLook)
            _time.At(_time.Now + LongestLook, this, LookAgain);
        else
            _time.At(_time.Now + gap, this, Arrival);
    }
}
