using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Waits until a counter of one mesh has been raised so many times with a tag, from when this was made.</summary>
internal sealed class MetricCount : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _seen;

    public MetricCount(TestMesh mesh, string counter, string tag, int count)
    {
        var meter = mesh.App.Services.GetRequiredService<CoordinatorMetrics>().Meter;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name == counter)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var (_, value) in tags)
            {
                if (Equals(value, tag) && Interlocked.Increment(ref _seen) == count)
                    _all.SetResult();
            }
        });
        _listener.Start();
    }

    public Task All => _all.Task;

    public int Seen => Volatile.Read(ref _seen);

    public void Dispose() => _listener.Dispose();
}
