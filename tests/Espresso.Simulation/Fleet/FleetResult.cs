using Espresso.Simulation.Measures;

namespace Espresso.Simulation.Fleet;

/// <summary>What a run came to. Rates are per second of virtual time after the warm-up.</summary>
internal sealed class FleetResult
{
    public FleetResult(FleetOptions options, Load load, Tally tally, IReadOnlyList<MinionNode> minions, long events)
    {
        (Stack, Capacity, FullBatchCapacity, Tally, Events) = (options.Stack.Name, options.Capacity, options.FullBatchCapacity, tally, events);
        Devices = options.Replicas * options.Instances;
        Seconds = (load.End - load.Warmup).TotalSeconds;
        var busy = minions.Sum(minion => minion.Busy.TotalSeconds);
        var answered = tally.Windows.Sum(window => window.Answered);
        GpuSecondsPer1000 = answered == 0 ? double.NaN : busy * 1000 / answered;
        MeanBatch = (double)minions.Sum(minion => minion.Ran) / Math.Max(1, minions.Sum(minion => minion.Batches));
    }

    public string Stack { get; }

    /// <summary>Pictures per second.</summary>
    public double Capacity { get; }

    public double FullBatchCapacity { get; }

    public int Devices { get; }

    public double Seconds { get; }

    public Tally Tally { get; }

    public long Events { get; }

    public double GpuSecondsPer1000 { get; }

    public double MeanBatch { get; }

    /// <summary>Of all replicas, whether they work or wait: what is paid for.</summary>
    public required TimeSpan Paid { get; init; }

    /// <summary>Seconds of a replica for 1,000 answers in time.</summary>
    public double PaidPer1000 => Paid.TotalSeconds * 1000 / Math.Max(1, Tally.Windows.Sum(window => window.Answered));

    public double OfferedRate => Tally.OfferedCount / Seconds;

    /// <summary>Answers within the deadline per second.</summary>
    public double Goodput => Tally.AnsweredCount / Seconds;

    /// <summary>Milliseconds, of what was accepted; what was late counts with its deadline.</summary>
    public double P50 => Tally.Latencies.Quantile(0.5);

    public double P99 => Tally.Latencies.Quantile(0.99);

    /// <summary>Of what was offered.</summary>
    public double RefusedShare => (double)Tally.RefusedCount / Math.Max(1, Tally.OfferedCount);

    /// <summary>Of what was offered: accepted and not answered in time.</summary>
    public double LateShare => (double)Tally.LateCount / Math.Max(1, Tally.OfferedCount);

    /// <summary>
    /// Work done in a window ÷ what the devices can do in it at the best batch size: pictures answered in time, each at its cost in a batch
    /// of that size, so that a policy that prefers cheap pictures wins nothing by it.
    /// </summary>
    public double WorkRatio(Window window) => window.WorkMs / (Tally.Window.TotalMilliseconds * Devices);
}
