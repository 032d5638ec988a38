using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Channels = Espresso.Wire.Channels;
using Order = Espresso.Protos.Preprocessor.Channels;

namespace Espresso.Preprocessor.Api;

/// <summary>A picture made here goes each way once before anybody's does, by the calls that coordinators make: the first request would pay for compilation otherwise.</summary>
/// <remarks>It is also the proof that the native library works; if it does not, the process ends instead of refusing every picture.</remarks>
internal static class WarmUp
{
    private const uint Side = 64;

    /// <exception cref="RpcException">A call failed, as others' would.</exception>
    public static async Task Run(Uri self, CancellationToken cancelled)
    {
        using var channel = Channels.Open(self);
        var calls = channel.CreateCallInvoker();
        var pixels = new byte[Side * Side * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)i;
        var tensor = new ModelTensor { Datatype = Datatype.Uint8, Width = Side, Height = Side, Channels = 3 };
        var mask = new TensorSpec { Width = Side / 2, Height = Side / 2, Fit = Fit.Pad, Channels = Order.Gray, Threshold = 128, Grow = 1 };

        foreach (var format in Enum.GetValues<Format>())
        {
            using var file = await Call(PayloadMethods.Encode, new EncodeRequest { Tensor = tensor, Format = format }, pixels);
            using var decoded = await Call(PayloadMethods.Decode, new DecodeRequest { Specs = { mask } }, file.Payloads[0].Memory);
        }

        using var resampled = await Call(PayloadMethods.Resample, new ResampleRequest { Tensor = tensor, Spec = mask }, pixels);

        async Task<PayloadMessage<TReply>> Call<TRequest, TReply>(
            Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> method, TRequest message, ReadOnlyMemory<byte> contents)
            where TRequest : IMessage<TRequest>
            where TReply : IMessage<TReply>
        {
            using var request = new PayloadMessage<TRequest>(message, Payload.CopyOf(contents.Span));
            using var call = calls.AsyncUnaryCall(method, host: null, new CallOptions(cancellationToken: cancelled), request);
            return await call;
        }
    }
}
