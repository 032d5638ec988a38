using Espresso.Errors;

namespace Espresso.Coordinator.Inference;

/// <summary>What every part of a running request shares: its time, its end, its memory.</summary>
internal sealed class RequestScope : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _arrived;
    private readonly TimeSpan _total;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _stop;

    /// <param name="total">What the request has in all; for messages.</param>
    /// <param name="budget">What is left of it, from now on.</param>
    /// <param name="aborted">The client went away.</param>
    public RequestScope(InferenceRequest request, TimeSpan total, TimeSpan budget, TimeProvider time, CancellationToken aborted)
    {
        (_time, _arrived, _aborted) = (time, request.Arrived, aborted);
        Id = request.Id;
        Memory = request.Memory;
        _total = total;
        Deadline = (time.GetUtcNow() + budget).UtcDateTime;
        _late = new CancellationTokenSource(budget, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, aborted);
    }

    public string Id { get; }

    public RequestMemory Memory { get; }

    /// <summary>UTC. One deadline for the whole graph; each call gets what is left of it.</summary>
    public DateTime Deadline { get; }

    /// <summary>Cancelled at the deadline, and when the client goes away.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Why the request has to end now; null as long as it has not.</summary>
    public Failure? Over =>
        _aborted.IsCancellationRequested ? Failure.Cancelled("the client went away")
        : _late.IsCancellationRequested || _time.GetUtcNow().UtcDateTime >= Deadline ? Failure.Late($"not finished within {_total.TotalMilliseconds:0} ms")
        : null;

    /// <summary>Milliseconds since the request arrived.</summary>
    public double ElapsedMs => _time.GetElapsedTime(_arrived).TotalMilliseconds;

    public void Dispose()
    {
        _stop.Dispose();
        _late.Dispose();
    }
}
