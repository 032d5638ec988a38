using System.Buffers;
using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Inference;

namespace Espresso.Common.Tests.Wire;

public sealed class PayloadMarshallerTests
{
    private static readonly Marshaller<PayloadMessage<ModelInferRequest>> Requests = PayloadMethods.ModelInfer.RequestMarshaller;
    private static readonly Marshaller<PayloadMessage<ModelInferResponse>> Replies = PayloadMethods.ModelInfer.ResponseMarshaller;

    [Fact]
    public void Read_FieldsInAnyOrder_EqualsTheGeneratedParser() => Seeds.Check(300, random =>
    {
        var expected = RandomRequests.Next(random);

        using var message = Read(WireFields.Shuffled(expected, random));

        message.Message.RawInputContents.ShouldBeEmpty();
        Whole(message).ShouldBe(expected);
    });

    [Fact]
    public void Write_AnyMessage_EqualsTheGeneratedSerialiser() => Seeds.Check(300, random =>
    {
        var expected = RandomRequests.Next(random);
        using var message = new PayloadMessage<ModelInferRequest>(
            expected.Clone(), [.. expected.RawInputContents.Select(raw => Payload.CopyOf(raw.Span))]);
        message.Message.RawInputContents.Clear();
        var written = new Written();

        Requests.ContextualSerializer(message, written);

        written.IsComplete.ShouldBeTrue();
        written.Length.ShouldBe(written.Bytes.Length);
        written.Bytes.Length.ShouldBe(expected.CalculateSize());
        ModelInferRequest.Parser.ParseFrom(written.Bytes).ShouldBe(expected);
    });

    [Fact]
    public void Read_CutAnywhere_GivesTheSame()
    {
        var expected = RandomRequests.Next(new Random(4));
        expected.RawInputContents.Count.ShouldBeGreaterThan(1);
        var bytes = WireFields.Shuffled(expected, new Random(7));

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var message = Read(Segments.Of(bytes, cut));
            Whole(message).ShouldBe(expected, $"cut at {cut}");
        }
    }

    [Fact]
    public void Read_ManyPieces_GivesTheSame() => Seeds.Check(100, random =>
    {
        var expected = RandomRequests.Next(random);
        var bytes = WireFields.Shuffled(expected, random);
        var cuts = Enumerable.Range(0, random.Next(30)).Select(_ => random.Next(bytes.Length + 1)).Order().ToList();

        using var message = Read(Segments.Of(bytes, cuts));

        Whole(message).ShouldBe(expected);
    });

    [Fact]
    public void Read_BytewisePieces_GivesTheSame()
    {
        var expected = RandomRequests.Next(new Random(3));
        var bytes = expected.ToByteArray();

        using var message = Read(Segments.Of(bytes, [.. Enumerable.Range(1, bytes.Length - 1)]));

        Whole(message).ShouldBe(expected);
    }

    [Fact]
    public void Read_NothingAtAll_IsTheEmptyMessage()
    {
        using var message = Read([]);

        message.Message.ShouldBe(new ModelInferRequest());
        message.Payloads.ShouldBeEmpty();
    }

    [Fact]
    public void Read_EmptyPayload_StaysAnEntry()
    {
        using var message = Read(new ModelInferRequest { RawInputContents = { ByteString.Empty, ByteString.CopyFrom(1) } }.ToByteArray());

        message.Payloads.Select(payload => payload.Length).ShouldBe([0, 1]);
    }

    [Fact]
    public void Read_UnknownField_IsKeptAsTheGeneratedParserKeepsIt()
    {
        // Field 900 in each wire type that proto3 has.
        byte[] unknown = [0xa0, 0x38, 0x05, 0xa1, 0x38, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 0x38, 0x02, 9, 9, 0xa5, 0x38, 1, 2, 3, 4];
        byte[] bytes = [.. new ModelInferRequest { Id = "a" }.ToByteArray(), .. unknown, 0x3a, 0x01, 0x07];

        using var message = Read(bytes);

        Whole(message).ShouldBe(ModelInferRequest.Parser.ParseFrom(bytes));
        message.Payloads.ShouldHaveSingleItem().Span.ToArray().ShouldBe([7]);
    }

    [Fact]
    public void Read_HostileBytes_IsAMessageOrInvalidArgument() => Seeds.Check(2000, random =>
    {
        var bytes = Mutated(RandomRequests.Next(random).ToByteArray(), random);
        try
        {
            using var message = Read(bytes);
            Whole(message).ShouldBe(ModelInferRequest.Parser.ParseFrom(bytes));
        }
        catch (RpcException error)
        {
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
            error.Status.Detail.ShouldStartWith("malformed message");
        }
    });

    [Theory]
    [InlineData(new byte[] { 0x3a, 0x05, 1, 2 })] // a payload longer than the message
    [InlineData(new byte[] { 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })] // a length of 2^64 - 1
    [InlineData(new byte[] { 0x3a, 0xff })] // the end inside a length
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })] // a tag of eleven bytes
    [InlineData(new byte[] { 0xba, 0x80, 0x80, 0x80, 0x10, 0x00 })] // field 7 again, with bits past the thirty-second
    [InlineData(new byte[] { 0x00, 0x00 })] // field 0
    [InlineData(new byte[] { 0x0b })] // a group's start
    [InlineData(new byte[] { 0x0f })] // wire type 7
    [InlineData(new byte[] { 0x2a, 0x02, 0x0a, 0x10 })] // an input whose name is longer than it
    public void Read_Malformed_IsInvalidArgument(byte[] bytes) =>
        Should.Throw<RpcException>(() => Read(bytes)).StatusCode.ShouldBe(StatusCode.InvalidArgument);

    [Fact]
    public void Read_PayloadsByTheThousand_AreRefused()
    {
        Read([.. Enumerable.Repeat<byte[]>([0x3a, 0x00], 1024).SelectMany(empty => empty)]).Dispose();
        Should.Throw<RpcException>(() => Read([.. Enumerable.Repeat<byte[]>([0x3a, 0x00], 1025).SelectMany(empty => empty)])).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public void Write_MoreThanAMessageCarries_IsNoOverload()
    {
        var payloads = new List<Payload> { Payload.Rent(40 << 20), Payload.Rent(30 << 20) };
        var error = Should.Throw<RpcException>(() => Requests.ContextualSerializer(new PayloadMessage<ModelInferRequest>(new(), payloads), new Written()));
        (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.InvalidArgument, Reasons.ResultTooLarge));
        payloads.ForEach(payload => payload.Abandon()); // the pool is for other tests' payloads
    }

    [Fact]
    public void Read_MalformedReply_IsNotTheCallersFault() =>
        Should.Throw<RpcException>(() => Replies.ContextualDeserializer(new Received(new([0x0a, 0x05, 1]))))
            .StatusCode.ShouldBe(StatusCode.Internal);

    [Fact]
    public void Read_Failure_GivesThePayloadsBack()
    {
        const int Length = 700_000; // of a size that no other test rents
        byte[] bytes = [.. new ModelInferRequest { RawInputContents = { ByteString.CopyFrom(new byte[Length]) } }.ToByteArray(), 0x0a, 0x05];
        var pooled = Pooled(Length);

        Should.Throw<RpcException>(() => Read(bytes));

        Pooled(Length).ShouldBeSameAs(pooled);
    }

    [Fact]
    public void Write_Reply_GivesThePayloadsBack()
    {
        var payload = Payload.CopyOf([1, 2, 3]);

        Replies.ContextualSerializer(new PayloadMessage<ModelInferResponse>(new ModelInferResponse(), payload), new Written());

        Should.Throw<ObjectDisposedException>(() => payload.Span.Length);
    }

    [Fact]
    public void Write_ReplyThatTheTransportRefuses_GivesThePayloadsBack()
    {
        var payload = Payload.CopyOf([1, 2, 3]);
        var refusing = new Written { Refusal = new RpcException(new Status(StatusCode.ResourceExhausted, "too large")) };

        Should.Throw<RpcException>(() =>
            Replies.ContextualSerializer(new PayloadMessage<ModelInferResponse>(new ModelInferResponse(), payload), refusing));

        Should.Throw<ObjectDisposedException>(() => payload.Span.Length);
    }

    [Fact]
    public void Write_Request_LeavesThePayloadsForAnotherTry()
    {
        using var message = new PayloadMessage<ModelInferRequest>(new ModelInferRequest(), Payload.CopyOf([1, 2, 3]));
        var first = new Written();
        var second = new Written();

        Requests.ContextualSerializer(message, first);
        Requests.ContextualSerializer(message, second);

        second.Bytes.ShouldBe(first.Bytes);
    }

    [Fact]
    public void RoundTrip_SingleBytesField_IsOnePayload()
    {
        var marshaller = PayloadMethods.Decode.RequestMarshaller;
        var request = new DecodeRequest { Specs = { new TensorSpec { Width = 3, Height = 4 } }, Picture = ByteString.CopyFrom(5, 6) };

        using var message = marshaller.ContextualDeserializer(new Received(new(request.ToByteArray())));
        var written = new Written();
        marshaller.ContextualSerializer(message, written);

        message.Payloads.ShouldHaveSingleItem().Span.ToArray().ShouldBe([5, 6]);
        DecodeRequest.Parser.ParseFrom(written.Bytes).ShouldBe(request);
    }

    private static PayloadMessage<ModelInferRequest> Read(byte[] bytes) => Read(new ReadOnlySequence<byte>(bytes));

    private static PayloadMessage<ModelInferRequest> Read(ReadOnlySequence<byte> bytes) => Requests.ContextualDeserializer(new Received(bytes));

    /// <summary>The message as the generated parser would have it.</summary>
    private static ModelInferRequest Whole(PayloadMessage<ModelInferRequest> message)
    {
        var whole = message.Message.Clone();
        whole.RawInputContents.AddRange(message.Payloads.Select(payload => ByteString.CopyFrom(payload.Span)));
        return whole;
    }

    private static byte[] Mutated(byte[] bytes, Random random)
    {
        var mutated = bytes.ToList();
        for (var i = random.Next(4); i >= 0; i--)
        {
            switch (random.Next(3))
            {
                case 0 when mutated.Count > 0:
                    mutated[random.Next(mutated.Count)] = (byte)random.Next(256);
                    break;
                case 1 when mutated.Count > 0:
                    mutated.RemoveRange(random.Next(mutated.Count), 1);
                    break;
                default:
                    mutated.InsertRange(random.Next(mutated.Count + 1), RandomRequests.Bytes(random, 12));
                    break;
            }
        }

        return [.. random.Next(4) == 0 ? mutated.Take(random.Next(mutated.Count + 1)) : mutated];
    }

    /// <summary>The array that the pool would give next for this length; it is there again afterwards.</summary>
    private static byte[] Pooled(int length)
    {
        using var payload = Payload.Rent(length);
        MemoryMarshal.TryGetArray<byte>(payload.Memory, out var array).ShouldBeTrue();
        return array.Array!;
    }
}
