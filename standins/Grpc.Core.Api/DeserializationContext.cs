using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a message is deserialised from; valid only while the deserialiser runs.</summary>
public abstract class DeserializationContext
{
    /// <summary>The length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of the caller's own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw NotSupported();

    /// <summary>The message where it lies; not to be kept.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw NotSupported();

    private static NotSupportedException NotSupported() => new("This transport does not support this way of deserialising.");
}
