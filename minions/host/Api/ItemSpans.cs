using System.Diagnostics;
using Espresso.Minions.Batching;
using Espresso.Telemetry;

namespace Espresso.Minions.Api;

/// <summary>The stages of an item as spans under its call's span, drawn afterwards from its stamps.</summary>
internal static class ItemSpans
{
    /// <param name="now">On the batcher's clock; the stamps are brought to wall time by it.</param>
    public static void Trace(InferItem item, InferOutcome outcome, TimeProvider time, TimeSpan now)
    {
        if (!EspressoTelemetry.Source.HasListeners() || Activity.Current is not { } call)
            return;
        var origin = time.GetUtcNow() - now;
        var times = outcome.Times;
        Span("queue", times.Enqueued, times.Taken);
        Span("assemble", times.Taken, times.Started);
        using (var run = Span("run", times.Started, times.Computed))
        {
            run?.SetTag("espresso.batch.id", times.BatchId);
            run?.SetTag("espresso.batch.size", times.BatchRows);
            run?.SetTag("espresso.batch.release", times.Release.WireName());
        }

        Span("finish", times.Computed, times.Finished);

        Activity? Span(string name, TimeSpan from, TimeSpan to)
        {
            var span = EspressoTelemetry.Source.StartActivity(name, ActivityKind.Internal, call.Context, startTime: origin + from);
            span?.SetTag("espresso.rows", item.Rows);
            span?.SetEndTime((origin + to).UtcDateTime);
            if (name != "run")
                span?.Dispose();
            return span;
        }
    }
}
