using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a message is serialised to. A transport overrides what it supports.</summary>
public abstract class SerializationContext
{
    /// <summary>Gives the whole message at once; the array belongs to the transport afterwards.</summary>
    public virtual void Complete(byte[] payload) => throw NotSupported();

    /// <summary>The buffer to write to, until <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw NotSupported();

    /// <summary>Tells the length in bytes before the buffer is asked for.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
        // Only a hint: a transport that has no use for it need not override it.
    }

    /// <summary>Says that the buffer holds the whole message.</summary>
    public virtual void Complete() => throw NotSupported();

    private static NotSupportedException NotSupported() => new("This transport does not support this way of serialising.");
}
