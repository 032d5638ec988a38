using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Waits until so many requests of a mesh have joined another one's inference, from when this was made.</summary>
internal sealed class RunsJoined : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public RunsJoined(TestMesh mesh, int count)
    {
        _left = count;
        var meter = mesh.App.Services.GetRequiredService<CoordinatorMetrics>().Meter;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name == "espresso.coordinator.shared")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Equals(tags[0].Value, "inference") && Interlocked.Decrement(ref _left) == 0)
                _all.SetResult();
        });
        _listener.Start();
    }

    public Task All => _all.Task;

    public void Dispose() => _listener.Dispose();
}
