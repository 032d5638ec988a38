using Espresso.Wire;
using Google.Protobuf;

namespace Espresso.Coordinator.Inference;

/// <summary>All payloads of one request: what came in, the tensors, the results. They go back to the pool together, when the reply has left.</summary>
/// <remarks>
/// Steps share tensors and failed calls are sent again, so no single user of a payload knows when it is the last one. A call that broke off
/// may leave the transport reading; what it was sending is left to the garbage collector (<see cref="Payload.Abandon"/>).
/// </remarks>
internal sealed class RequestMemory : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Payload> _kept = [];
    private readonly List<Payload> _distrusted = [];

    public Payload Keep(Payload payload)
    {
        lock (_gate)
            _kept.Add(payload);
        return payload;
    }

    public PayloadMessage<T> Keep<T>(PayloadMessage<T> message)
        where T : IMessage<T>
    {
        lock (_gate)
            _kept.AddRange(message.Payloads);
        return message;
    }

    /// <summary>The call that was sending these broke off.</summary>
    public void Distrust(IEnumerable<Payload> payloads)
    {
        lock (_gate)
            _distrusted.AddRange(payloads);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _distrusted.ForEach(payload => payload.Abandon());
            _kept.ForEach(payload => payload.Dispose()); // nothing to give back for the abandoned ones
            _distrusted.Clear();
            _kept.Clear();
        }
    }
}
