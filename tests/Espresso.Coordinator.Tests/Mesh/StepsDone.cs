using System.Diagnostics.Metrics;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Waits for a model version's step, as the coordinator's own metric tells of it. Versions must differ between tests.</summary>
internal sealed class StepsDone : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StepsDone(string model, string version)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == CoordinatorMetrics.MeterName && instrument.Name == "espresso.coordinator.step.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (Tag(tags, "model") == model && Tag(tags, "version") == version)
                _first.TrySetResult();
        });
        _listener.Start();
    }

    public Task First => _first.Task;

    public void Dispose() => _listener.Dispose();

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
                return tag.Value as string;
        }

        return null;
    }
}
