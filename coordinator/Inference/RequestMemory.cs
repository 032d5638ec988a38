using Espresso.Wire;
using Google.Protobuf;

namespace Espresso.Coordinator.Inference;

/// <summary>
/// All payloads of one request: what came in, the tensors, the results. They go back to the pool together, when the reply has left and
/// whoever works on them for others has ended.
/// </summary>
/// <remarks>
/// Steps share tensors and failed calls are sent again, so no single user of a payload knows when it is the last one. A call that broke off
/// may leave the transport reading; what it was sending is left to the garbage collector (<see cref="Payload.Distrust"/>).
/// </remarks>
internal sealed class RequestMemory : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<IDisposable> _kept = [];
    private int _holders = 1;
    private int _disposed;

    public Payload Keep(Payload payload)
    {
        Keep((IDisposable)payload);
        return payload;
    }

    public PayloadMessage<T> Keep<T>(PayloadMessage<T> message)
        where T : IMessage<T>
    {
        lock (_gate)
            _kept.AddRange(message.Payloads);
        return message;
    }

    /// <summary>Something that is disposed with the payloads: a hold on another request's, say.</summary>
    public void Keep(IDisposable kept)
    {
        lock (_gate)
            _kept.Add(kept);
    }

    /// <summary>The call that was sending these broke off.</summary>
    public static void Distrust(IEnumerable<Payload> payloads)
    {
        foreach (var payload in payloads)
            payload.Distrust();
    }

    /// <summary>Keeps the payloads beyond the owner's <see cref="Dispose"/>, until the hold is disposed.</summary>
    public IDisposable Hold()
    {
        Interlocked.Increment(ref _holders);
        return new Holder(this);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            LetGo();
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        List<IDisposable> kept;
        lock (_gate)
        {
            kept = [.. _kept];
            _kept.Clear();
        }

        kept.ForEach(one => one.Dispose());
    }

    private sealed class Holder(RequestMemory memory) : IDisposable
    {
        private RequestMemory? _memory = memory;

        public void Dispose() => Interlocked.Exchange(ref _memory, null)?.LetGo();
    }
}
