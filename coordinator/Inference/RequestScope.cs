using Espresso.Errors;

namespace Espresso.Coordinator.Inference;

/// <summary>What every part of a running request shares: its time, its end, its memory.</summary>
internal sealed class RequestScope : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _arrived;
    private readonly TimeSpan _total;
    private readonly long _ends; // a timestamp: the wall clock may be set anew while a request runs
    private readonly CancellationToken _aborted;
    private readonly RequestScope? _parent;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _stop;
    private Failure? _abandoned;

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
        _ends = EndOf(budget, time);
        _late = new CancellationTokenSource(budget, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, aborted);
    }

    /// <summary>A hop's part of a request's time.</summary>
    private RequestScope(RequestScope request, TimeSpan share)
    {
        (_time, _arrived, _parent, _total) = (request._time, request._arrived, request, share);
        Id = request.Id;
        Memory = request.Memory;
        Deadline = (_time.GetUtcNow() + share).UtcDateTime;
        _ends = EndOf(share, _time);
        _late = new CancellationTokenSource(share, _time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, request.Stop);
    }

    /// <summary>What one request leads for others as well.</summary>
    private RequestScope(RequestScope leader, RequestMemory memory, CancellationToken deserted)
    {
        (_time, _arrived, _aborted, _total, _ends) = (leader._time, leader._arrived, deserted, leader._total, leader._ends);
        Id = leader.Id;
        Memory = memory;
        Deadline = leader.Deadline;
        _late = new CancellationTokenSource(Left > TimeSpan.Zero ? Left : TimeSpan.Zero, _time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, deserted);
    }

    public string Id { get; }

    public RequestMemory Memory { get; }

    /// <summary>UTC, for calls. One deadline for the whole graph; each call gets what is left of it.</summary>
    public DateTime Deadline { get; }

    /// <summary>Cancelled at the deadline, when the client goes away, and when a required model has failed.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Why the request has to end now; null as long as it has not.</summary>
    public Failure? Over => _parent?.Over ?? (
        _aborted.IsCancellationRequested ? Failure.Cancelled("the client went away")
        : Volatile.Read(ref _abandoned) is { } abandoned ? abandoned
        : _late.IsCancellationRequested || Left <= TimeSpan.Zero ? Failure.Late($"not finished within {_total.TotalMilliseconds:0} ms{(_parent is null ? "" : ", its part of the deadline")}")
        : null);

    /// <summary>Until the deadline; negative after it.</summary>
    public TimeSpan Left => _time.GetElapsedTime(_time.GetTimestamp(), _ends);

    /// <summary>Milliseconds since the request arrived.</summary>
    public double ElapsedMs => _time.GetElapsedTime(_arrived).TotalMilliseconds;

    /// <summary>A scope that ends earlier, because something must come after it; null where nothing must.</summary>
    public RequestScope? Within(TimeSpan share) => share < Left ? new RequestScope(this, share) : null;

    /// <summary>A scope with this deadline for work that others join: its memory and its end are theirs together.</summary>
    /// <param name="deserted">Cancelled when nobody wants it any more.</param>
    public RequestScope ForFlight(RequestMemory memory, CancellationToken deserted) => new(this, memory, deserted);

    /// <summary>Ends all that still runs for the request.</summary>
    /// <param name="why">What they are told; only the first one's counts.</param>
    public void Abandon(Failure why)
    {
        if (Interlocked.CompareExchange(ref _abandoned, why, null) is null)
            _stop.Cancel();
    }

    private static long EndOf(TimeSpan budget, TimeProvider time) => time.GetTimestamp() + (long)(budget.TotalSeconds * time.TimestampFrequency);

    public void Dispose()
    {
        _stop.Dispose();
        _late.Dispose();
    }
}
