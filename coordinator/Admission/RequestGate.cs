using System.Diagnostics.CodeAnalysis;
using Espresso.Errors;

namespace Espresso.Coordinator.Admission;

/// <summary>The door: so many requests and so many bytes in flight, no more. Nothing waits here; what does not fit is refused.</summary>
internal sealed class RequestGate(CoordinatorOptions options, CoordinatorMetrics metrics)
{
    /// <summary>What a refused caller is told to wait: requests of unknown models leave at an unknown rate, so the least that HTTP can say.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly long _maxBytes = (long)options.MaxMebibytes << 20;
    private readonly Lock _gate = new();
    private readonly List<Waiting> _waiting = [];
    private bool _closed;
    private int _inFlight;
    private long _entered;
    private long _bytes;

    public int InFlight => Volatile.Read(ref _inFlight);

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryEnter([NotNullWhen(true)] out RequestTicket? ticket, [NotNullWhen(false)] out Failure? refusal)
    {
        lock (_gate)
        {
            refusal = _closed
                ? Failure.Unavailable(Reasons.Draining, "this coordinator stops; another one takes requests") with { RetryAfter = Again }
                : _inFlight >= options.MaxRequests
                    ? Failure.Overloaded(Reasons.QueueFull, $"{_inFlight} requests in flight are the most this coordinator takes", Again)
                    : null;
            ticket = refusal is null ? new RequestTicket(this, _entered++) : null;
            if (ticket is not null)
                _inFlight++;
        }

        if (ticket is null)
            metrics.Rejected(refusal!.Reason);
        else
            metrics.InFlight(1);
        return ticket is not null;
    }

    /// <summary>Lets nobody in from now on.</summary>
    /// <returns>Done when the last request has left.</returns>
    public Task Close()
    {
        lock (_gate)
        {
            _closed = true;
            return Past();
        }
    }

    /// <summary>Done when all who are inside now have left. Nobody waits for those who come later.</summary>
    public Task Past()
    {
        lock (_gate)
        {
            if (_inFlight == 0)
                return Task.CompletedTask;
            var waiting = new Waiting(_entered, _inFlight);
            _waiting.Add(waiting);
            return waiting.Over.Task;
        }
    }

    internal void Hold(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal bool TryHold(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _maxBytes)
            return true;
        Interlocked.Add(ref _bytes, -bytes);
        metrics.Rejected(Reasons.QueueFull);
        return false;
    }

    internal Failure NoRoom() =>
        Failure.Overloaded(Reasons.QueueFull, $"pictures and tensors in flight fill the {options.MaxMebibytes} MiB that this coordinator has for them", Again);

    internal void Leave(long bytes, long number)
    {
        Interlocked.Add(ref _bytes, -bytes);
        metrics.InFlight(-1);
        lock (_gate)
        {
            _inFlight--;
            foreach (var waiting in _waiting)
            {
                if (number < waiting.Before && --waiting.Inside == 0)
                    waiting.Over.SetResult();
            }

            _waiting.RemoveAll(static waiting => waiting.Inside == 0);
        }
    }

    /// <param name="before">The number of the first who is not waited for.</param>
    private sealed class Waiting(long before, int inside)
    {
        public long Before { get; } = before;

        public int Inside { get; set; } = inside;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A request's place inside the gate, and the bytes that it holds there. Disposed when its reply has left.</summary>
internal sealed class RequestTicket(RequestGate gate, long number) : IDisposable
{
    private long _bytes;
    private int _left;

    /// <summary>Holds <paramref name="bytes"/> more until the ticket is disposed.</summary>
    public bool TryHold(long bytes, [NotNullWhen(false)] out Failure? refusal)
    {
        refusal = null;
        if (gate.TryHold(bytes))
            Interlocked.Add(ref _bytes, bytes);
        else
            refusal = gate.NoRoom();
        return refusal is null;
    }

    /// <summary>Counts what nobody could know before (a result's size), and what keeps the next ones out if it is much.</summary>
    public void Hold(long bytes)
    {
        gate.Hold(bytes);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
            gate.Leave(Interlocked.Read(ref _bytes), number);
    }
}
