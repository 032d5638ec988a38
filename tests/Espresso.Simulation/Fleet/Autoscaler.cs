using Espresso.Simulation.Engine;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Fleet;

/// <summary>Kubernetes' HorizontalPodAutoscaler with its defaults, on a figure that is collected every 15 s and averaged over a minute.</summary>
/// <remarks>
/// Wanted is figure ÷ target, rounded up, unless it is within a tenth of what there is. Up at once, by no more than as many again or four every
/// 15 s; down to the most that was wanted in the last five minutes. A replica serves when its process has started and the model is warm.
/// </remarks>
internal sealed class Autoscaler : Actor
{
    private const int Due = 0;
    private const int Started = 1;
    private const double Tolerance = 0.1;
    private const int Averaged = 4;
    private const int Remembered = 20;
    private const int Step = 4;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly FleetSimulation _fleet;
    private readonly FleetOptions _options;
    private readonly VirtualTime _time;
    private readonly Queue<double>[] _figures;
    private readonly Queue<int> _wanted = [];
    private TimeSpan _changed;

    public Autoscaler(FleetSimulation fleet, FleetOptions options, VirtualTime time)
    {
        (_fleet, _options, _time, Replicas) = (fleet, options, time, options.First);
        _figures = [.. options.Stack.Scaling.Select(_ => new Queue<double>())];
        _time.At(Period, this, Due);
    }

    /// <summary>Those that start included.</summary>
    public int Replicas { get; private set; }

    /// <summary>Of all replicas, from the order to start to the order to end: what is paid for.</summary>
    public TimeSpan Paid { get; private set; }

    public override void On(int what, object? with, long tag)
    {
        if (what == Started)
        {
            if (tag < Replicas)
                _fleet.Minions[(int)tag].Join(_fleet.Coordinators, _time.Now);
            return;
        }

        SetTo(Next());
        _time.At(_time.Now + Period, this, Due);
    }

    /// <summary>The end of the run.</summary>
    public void Close() => SetTo(Replicas);

    private int Next()
    {
        var most = Replicas + Math.Max(Replicas, Step);
        _wanted.Enqueue(Math.Clamp(_figures.Select((_, i) => Wanted(_options.Stack.Scaling[i], _figures[i])).Max(), 1, Math.Min(most, _options.Replicas)));
        if (_wanted.Count > Remembered)
            _wanted.Dequeue();
        return Math.Max(_wanted.Last(), Math.Min(Replicas, _wanted.Max()));
    }

    private int Wanted(Scaling scaling, Queue<double> figures)
    {
        figures.Enqueue(scaling.Read(_fleet));
        if (figures.Count > Averaged + 1)
            figures.Dequeue();
        var figure = !scaling.Grows ? figures.Last()
            : figures.Count > 1 ? (figures.Last() - figures.First()) / ((figures.Count - 1) * Period.TotalSeconds)
            : scaling.Target * Replicas;
        var ratio = figure / (scaling.Target * Replicas);
        return Math.Abs(ratio - 1) <= Tolerance ? Replicas : (int)Math.Ceiling(figure / scaling.Target);
    }

    private void SetTo(int replicas)
    {
        Paid += Replicas * (_time.Now - _changed);
        _changed = _time.Now;
        for (var i = Replicas; i < replicas; i++)
            _time.At(_time.Now + _options.StartTakes, this, Started, null, i);
        for (var i = replicas; i < Replicas; i++)
            _fleet.Minions[i].Leave();
        Replicas = replicas;
    }
}
