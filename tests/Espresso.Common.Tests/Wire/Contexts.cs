using System.Buffers;
using Grpc.Core;

namespace Espresso.Common.Tests.Wire;

/// <summary>A transport's end that keeps what is written.</summary>
internal sealed class Written : SerializationContext
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public int? Length { get; private set; }

    public bool IsComplete { get; private set; }

    /// <summary>What the transport says to a message that it refuses.</summary>
    public Exception? Refusal { get; init; }

    public byte[] Bytes => _buffer.WrittenSpan.ToArray();

    public override void SetPayloadLength(int payloadLength)
    {
        Length = payloadLength;
        if (Refusal is not null)
            throw Refusal;
    }

    public override IBufferWriter<byte> GetBufferWriter() => _buffer;

    public override void Complete() => IsComplete = true;
}

/// <summary>A transport's end that has received something.</summary>
internal sealed class Received(ReadOnlySequence<byte> bytes) : DeserializationContext
{
    public override int PayloadLength => (int)bytes.Length;

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => bytes;
}
