using Espresso.Coordinator.Admission;
using Espresso.Hosting;

namespace Espresso.Coordinator.Lifecycle;

/// <summary>
/// The orderly end: no new requests (they get 503 with Retry-After), those in flight finish, then the leases end. Before the server
/// stops, because requests in flight still need the replicas, and replicas need their leases.
/// </summary>
internal sealed class Drain(RequestGate gate, HealthState health, CoordinatorOptions options, TimeProvider time, ILogger<Drain> log)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _leasesEnd = new();

    /// <summary>Cancelled when no request needs a replica any more.</summary>
    public CancellationToken LeasesEnd => _leasesEnd.Token;

    /// <summary>Ready is listening: which models are there is the minions' matter, and /v1/models tells it.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        health.Set(serving: true, "");
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        health.Set(serving: false, "");
        try
        {
            await gate.Close().WaitAsync(TimeSpan.FromSeconds(options.DrainSeconds), time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            log.DrainedLate(gate.InFlight, options.DrainSeconds);
        }

        await _leasesEnd.CancelAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _leasesEnd.Dispose();
}
