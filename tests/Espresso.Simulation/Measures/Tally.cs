using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Measures;

/// <summary>What became of the requests, in all and by windows of time. offered = answered + refused + late + failed + unfinished.</summary>
/// <param name="window">Of the series.</param>
/// <param name="from">Requests that arrive before it only warm the fleet up; the windows have them all the same.</param>
internal sealed class Tally(FleetOptions options, TimeSpan window, TimeSpan from)
{
    private readonly double[] _bestMs = [.. options.Shapes.Classes.Select(shape => shape.BestMs(options.MaxBatch))];

    public TimeSpan Window => window;

    public TimeSpan From => from;

    /// <summary>By the moment of arrival for what is offered, of the outcome for all else.</summary>
    public List<Window> Windows { get; } = [];

    public LatencyHistogram Latencies { get; } = new();

    public SortedDictionary<string, long> Refusals { get; } = new(StringComparer.Ordinal);

    public long OfferedCount { get; private set; }

    /// <summary>Within the deadline.</summary>
    public long AnsweredCount { get; private set; }

    /// <summary>Accepted, and not answered within the deadline.</summary>
    public long LateCount { get; private set; }

    public long FailedCount { get; private set; }

    public long RefusedCount { get; private set; }

    public long Retries { get; private set; }

    public void Offered(Request request, TimeSpan now)
    {
        At(now).Offered++;
        if (Counts(request))
            OfferedCount++;
    }

    public void Answered(Request request, TimeSpan now)
    {
        var slot = At(now);
        slot.Answered++;
        slot.WorkMs += _bestMs[request.Shape];
        if (!Counts(request))
            return;
        AnsweredCount++;
        Latencies.Add(now - request.Arrived);
    }

    public void Late(Request request, TimeSpan now)
    {
        At(now).Late++;
        if (!Counts(request))
            return;
        LateCount++;
        Latencies.Add(now - request.Arrived);
    }

    public void Failed(Request request, TimeSpan now)
    {
        At(now).Failed++;
        if (Counts(request))
            FailedCount++;
    }

    public void Refused(Request request, string reason, TimeSpan now)
    {
        At(now).Refused++;
        if (!Counts(request))
            return;
        RefusedCount++;
        Refusals[reason] = Refusals.GetValueOrDefault(reason) + 1;
    }

    public void Retried() => Retries++;

    private bool Counts(Request request) => request.Arrived >= from;

    private Window At(TimeSpan now)
    {
        var at = (int)(now / window);
        while (Windows.Count <= at)
            Windows.Add(new Window());
        return Windows[at];
    }
}

/// <summary>One stretch of time.</summary>
internal sealed class Window
{
    public long Offered { get; set; }

    public long Answered { get; set; }

    public long Late { get; set; }

    public long Failed { get; set; }

    public long Refused { get; set; }

    /// <summary>Device milliseconds that the answered pictures cost in batches of the best size: comparable with what the devices have, whatever the mix.</summary>
    public double WorkMs { get; set; }
}
