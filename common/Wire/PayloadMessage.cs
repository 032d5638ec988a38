using Google.Protobuf;

namespace Espresso.Wire;

/// <summary>A message whose one <c>bytes</c> field with the weight (tensors, picture files) is kept apart, in pooled payloads.</summary>
/// <param name="Message">All other fields; the bytes field stays empty.</param>
/// <param name="Payloads">The field's entries, in order. Owned by whoever holds the message.</param>
public sealed record PayloadMessage<T>(T Message, IReadOnlyList<Payload> Payloads) : IDisposable
    where T : IMessage<T>
{
    public PayloadMessage(T message, params Payload[] payloads)
        : this(message, (IReadOnlyList<Payload>)payloads)
    {
    }

    public void Dispose()
    {
        foreach (var payload in Payloads)
            payload.Dispose();
    }

    /// <summary>See <see cref="Payload.Abandon"/>.</summary>
    public void Abandon()
    {
        foreach (var payload in Payloads)
            payload.Abandon();
    }
}
