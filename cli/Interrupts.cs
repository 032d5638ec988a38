using System.Runtime.InteropServices;

namespace Espresso.Cli;

/// <summary>Ctrl-C, SIGTERM and a closed terminal: the first asks for an orderly end, the second for one at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _now = new();
    private readonly List<PosixSignalRegistration> _registrations;

    public Interrupts() =>
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Came))];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Now => _now.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
        _now.Dispose();
    }

    private void Came(PosixSignalContext signal)
    {
        signal.Cancel = true; // the process goes on: it has children to end
        (_stop.IsCancellationRequested ? _now : _stop).Cancel();
    }
}
