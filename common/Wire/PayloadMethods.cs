using Espresso.Protos.Preprocessor;
using Google.Protobuf;
using Grpc.Core;
using Inference;

namespace Espresso.Wire;

/// <summary>The calls that carry pictures and tensors, with marshallers over pooled memory on both ends.</summary>
/// <remarks>A client keeps its request's payloads (it may have to send them again); a server's reply gives its payloads back once written.</remarks>
public static class PayloadMethods
{
    public static Method<PayloadMessage<ModelInferRequest>, PayloadMessage<ModelInferResponse>> ModelInfer { get; } = Create(
        "inference.GRPCInferenceService", "ModelInfer",
        ModelInferRequest.Parser, ModelInferRequest.RawInputContentsFieldNumber,
        ModelInferResponse.Parser, ModelInferResponse.RawOutputContentsFieldNumber);

    public static Method<PayloadMessage<DecodeRequest>, PayloadMessage<DecodeReply>> Decode { get; } = Create(
        "espresso.preprocessor.v1.Preprocessor", "Decode",
        DecodeRequest.Parser, DecodeRequest.PictureFieldNumber, DecodeReply.Parser, DecodeReply.ContentsFieldNumber);

    public static Method<PayloadMessage<ResampleRequest>, PayloadMessage<ResampleReply>> Resample { get; } = Create(
        "espresso.preprocessor.v1.Preprocessor", "Resample",
        ResampleRequest.Parser, ResampleRequest.ContentsFieldNumber, ResampleReply.Parser, ResampleReply.ContentsFieldNumber);

    public static Method<PayloadMessage<EncodeRequest>, PayloadMessage<EncodeReply>> Encode { get; } = Create(
        "espresso.preprocessor.v1.Preprocessor", "Encode",
        EncodeRequest.Parser, EncodeRequest.ContentsFieldNumber, EncodeReply.Parser, EncodeReply.ContentsFieldNumber);

    private static Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> Create<TRequest, TReply>(
        string service, string name, MessageParser<TRequest> request, int requestField, MessageParser<TReply> reply, int replyField)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> => new(
            MethodType.Unary, service, name,
            PayloadMarshaller.Create(request, requestField, isReply: false),
            PayloadMarshaller.Create(reply, replyField, isReply: true));
}
