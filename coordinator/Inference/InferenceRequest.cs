using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Sharing;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>What a client asks for, whichever way it came. Disposed by the edge that made it, when the reply has left.</summary>
internal sealed class InferenceRequest : IDisposable
{
    private readonly Lazy<Digest> _imageDigest;
    private readonly Lazy<Digest> _maskDigest;
    private Action? _afterwards;

    public InferenceRequest(RequestTicket ticket)
    {
        Ticket = ticket;
        _imageDigest = new Lazy<Digest>(() => Digest.Of(Image!.Span));
        _maskDigest = new Lazy<Digest>(() => Digest.Of(Mask!.Span));
    }

    /// <summary>The client's, or one made here; stands in every log line and reply.</summary>
    public required string Id { get; init; }

    /// <summary>As the client wrote them; none: every model.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>A picture's file, as it is; kept by <see cref="Memory"/>.</summary>
    public required Payload Image { get; init; }

    /// <summary>A picture's file: white is what to remove.</summary>
    public Payload? Mask { get; init; }

    /// <summary>On whose account it goes.</summary>
    public Caller Caller { get; init; } = Caller.Default;

    /// <summary>From arrival; null: what the models declare, from when the body is there.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Timestamp of the request's arrival, before its body.</summary>
    public required long Arrived { get; init; }

    public required RequestMemory Memory { get; init; }

    public RequestTicket Ticket { get; }

    /// <summary>Which canaries and shadows it falls on: requests of one key on the same; null: its id.</summary>
    public string? Key { get; init; }

    /// <summary>False: it has a decode and inferences of its own, whatever else is in flight.</summary>
    public bool Shared { get; init; } = true;

    public Digest ImageDigest => _imageDigest.Value;

    public Digest MaskDigest => _maskDigest.Value;

    /// <param name="action">Called when the reply has left; what it needs of the memory it has to hold by itself.</param>
    public void WhenGone(Action action) => _afterwards += action;

    public void Dispose()
    {
        Interlocked.Exchange(ref _afterwards, null)?.Invoke();
        Memory.Dispose();
        Ticket.Dispose();
    }
}
