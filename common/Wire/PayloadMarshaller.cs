using System.Buffers;
using Espresso.Errors;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Wire;

/// <summary>Reads and writes <see cref="PayloadMessage{T}"/>: the wire format is the generated message's own.</summary>
/// <remarks>
/// Protobuf's <see cref="ByteString"/> copies on parse and again on reply, each into a fresh array. Here a payload is copied once, between
/// the transport's buffers and a pooled one; the other fields go through the generated parser.
/// </remarks>
public static class PayloadMarshaller
{
    private const int LengthDelimited = 2;

    /// <summary>Payloads of one message. An empty one is two bytes on the wire and a page of memory here.</summary>
    private const int MostPayloads = 1024;

    /// <param name="field">The number of the <c>bytes</c> (single or repeated) field at the message's top level.</param>
    /// <param name="isReply">
    /// True: it is sent once, so the payloads go back to the pool when it is written; and one that cannot be read is the server's fault
    /// (INTERNAL), where a request would be the caller's (INVALID_ARGUMENT).
    /// </param>
    public static Marshaller<PayloadMessage<T>> Create<T>(MessageParser<T> parser, int field, bool isReply)
        where T : IMessage<T> => new(
            (message, context) =>
            {
                try
                {
                    Write(message, field, context);
                }
                finally
                {
                    if (isReply)
                        message.Dispose();
                }
            },
            context => Read(parser, field, context.PayloadAsReadOnlySequence(), isReply ? StatusCode.Internal : StatusCode.InvalidArgument));

    private static void Write<T>(PayloadMessage<T> message, int field, SerializationContext context)
        where T : IMessage<T>
    {
        var tag = (uint)((field << 3) | LengthDelimited);
        var size = (long)message.Message.CalculateSize();
        foreach (var payload in message.Payloads)
            size += CodedOutputStream.ComputeUInt32Size(tag) + CodedOutputStream.ComputeLengthSize(payload.Length) + payload.Length;
        // gRPC's own word for it is that of overload, which is tried again.
        if (size > Channels.MaxMessageBytes)
            throw Failure.TooLarge(Reasons.ResultTooLarge, $"{size} bytes are more than the {Channels.MaxMessageBytes} that one message carries").ToRpcException();

        context.SetPayloadLength((int)size);
        var writer = context.GetBufferWriter();
        message.Message.WriteTo(writer);
        foreach (var payload in message.Payloads)
        {
            WriteVarint(writer, tag);
            WriteVarint(writer, (uint)payload.Length);
            writer.Write(payload.Span);
        }

        context.Complete();
    }

    private static PayloadMessage<T> Read<T>(MessageParser<T> parser, int field, ReadOnlySequence<byte> bytes, StatusCode malformed)
        where T : IMessage<T>
    {
        var message = parser.ParseFrom(ReadOnlySequence<byte>.Empty);
        var payloads = new List<Payload>(2);
        try
        {
            var reader = new SequenceReader<byte>(bytes);
            var rest = reader.Position; // where the fields begin that the generated parser has not seen yet
            while (!reader.End)
            {
                var start = reader.Position;
                var tag = ReadVarint(ref reader);
                if (tag > uint.MaxValue)
                    throw Malformed("a tag of more than 32 bits");
                if (tag >> 3 != (ulong)field || (tag & 7) != LengthDelimited)
                {
                    Skip(ref reader, (int)(tag & 7));
                    continue;
                }

                if (payloads.Count == MostPayloads)
                    throw Malformed($"more than {MostPayloads} raw contents");
                Merge(message, bytes.Slice(rest, start));
                var content = Take(ref reader, ReadVarint(ref reader));
                var payload = Payload.Rent((int)content.Length);
                payloads.Add(payload);
                content.CopyTo(payload.Span);
                rest = reader.Position;
            }

            Merge(message, bytes.Slice(rest));
            return new PayloadMessage<T>(message, payloads);
        }
        catch (Exception error)
        {
            payloads.ForEach(payload => payload.Dispose());
            if (error is InvalidDataException or InvalidProtocolBufferException)
                throw new RpcException(new Status(malformed, $"malformed message: {error.Message}"));
            throw;
        }
    }

    private static void Merge<T>(T message, ReadOnlySequence<byte> fields)
        where T : IMessage<T>
    {
        if (!fields.IsEmpty)
            message.MergeFrom(fields);
    }

    private static void Skip(ref SequenceReader<byte> reader, int wireType)
    {
        switch (wireType)
        {
            case 0:
                ReadVarint(ref reader);
                break;
            case 1:
                Take(ref reader, 8);
                break;
            case LengthDelimited:
                Take(ref reader, ReadVarint(ref reader));
                break;
            case 5:
                Take(ref reader, 4);
                break;
            default:
                throw Malformed($"wire type {wireType}"); // groups (3, 4) do not occur in proto3
        }
    }

    private static ReadOnlySequence<byte> Take(ref SequenceReader<byte> reader, ulong length)
    {
        if (length > (ulong)reader.Remaining)
            throw Malformed("a field is longer than the message");
        var taken = reader.UnreadSequence.Slice(0, (long)length);
        reader.Advance((long)length);
        return taken;
    }

    private static ulong ReadVarint(ref SequenceReader<byte> reader)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!reader.TryRead(out var part))
                throw Malformed("it ends inside a number");
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw Malformed("a number of more than ten bytes");
    }

    private static void WriteVarint(IBufferWriter<byte> writer, uint value)
    {
        var span = writer.GetSpan(5);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        writer.Advance(length);
    }

    private static InvalidDataException Malformed(string what) => new(what);
}
