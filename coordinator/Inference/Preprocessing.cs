using System.Collections.Immutable;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Routing;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;
using Espresso.Telemetry;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>The request's picture and mask, decoded once, with a tensor for each of the plan's specs.</summary>
/// <param name="Width">Pixels, after EXIF orientation.</param>
/// <param name="Height">Pixels, after EXIF orientation.</param>
internal sealed record Pictures(
    string Format, uint Width, uint Height, ImmutableArray<PlacedTensor> Tensors, ImmutableArray<PlacedTensor> MaskTensors);

/// <summary>The preprocessors' calls, as the pipeline needs them.</summary>
internal sealed class Preprocessing(Router router)
{
    private const string Target = "preprocessor";

    /// <summary>Decodes picture and mask, side by side.</summary>
    /// <exception cref="FailureException">What is wrong with the picture or the mask, or that no preprocessor could look.</exception>
    public async Task<Pictures> Decode(InferenceRequest request, Plan plan, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("preprocess");
        var takesMask = request.Mask is not null && !plan.MaskSpecs.IsEmpty;
        var picture = Decode("", request.Image, plan.PictureSpecs, scope);
        var mask = takesMask ? Decode("mask: ", request.Mask!, plan.MaskSpecs, scope) : picture; // without a mask its size is right
        await Task.WhenAll(picture, mask);

        var (decoded, decodedMask) = ((await picture).Message, (await mask).Message);
        if ((decodedMask.Width, decodedMask.Height) != (decoded.Width, decoded.Height))
        {
            throw new FailureException(Failure.Invalid(
                Reasons.WrongMaskSize,
                $"the mask is {decodedMask.Width}×{decodedMask.Height} pixels and the picture {decoded.Width}×{decoded.Height}; they must be of one size"));
        }

        return new Pictures(
            decoded.Format, decoded.Width, decoded.Height, Tensors(await picture), takesMask ? Tensors(await mask) : []);
    }

    /// <summary>Brings what one model gave to what another one takes.</summary>
    public async Task<PlacedTensor> Resample(PlacedTensor tensor, TensorSpec target, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("resample");
        var request = new PayloadMessage<ResampleRequest>(new ResampleRequest { Tensor = tensor.Form, Spec = target }, tensor.Data);
        var reply = await Call(PayloadMethods.Resample, request, scope);
        return PlacedTensor.Of(reply.Message.Tensor, One(reply.Payloads, "resample"));
    }

    /// <summary>Makes an output a picture file of the request's picture's size.</summary>
    /// <param name="mask">With it the picture itself stays outside of the mask.</param>
    public async Task<EncodedOutput> Encode(OutputSpec output, PlacedTensor tensor, PlacedTensor? mask, InferenceRequest request, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("encode");
        activity?.SetTag("espresso.output", output.As);
        var (format, bits) = output.Media switch
        {
            MediaKind.Png16 => (Format.Png, 16u),
            MediaKind.Webp => (Format.Webp, 8u),
            MediaKind.Jpeg => (Format.Jpeg, 8u),
            _ => (Format.Png, 8u),
        };
        var order = new EncodeRequest { Tensor = tensor.Form, Format = format, Bits = bits };
        Payload[] contents = [tensor.Data];
        if (mask is not null)
        {
            order.Blend = new Blend { Mask = mask.Form };
            contents = [tensor.Data, mask.Data, request.Image];
        }

        var reply = await Call(PayloadMethods.Encode, new PayloadMessage<EncodeRequest>(order, contents), scope);
        var file = One(reply.Payloads, "encode");
        request.Ticket.Hold(file.Length);
        return new EncodedOutput(output, reply.Message.MediaType, reply.Message.Width, reply.Message.Height, tensor.Range, file);
    }

    /// <summary>The one call whose input is the client's own: what it finds wrong is told to the client.</summary>
    private async Task<PayloadMessage<DecodeReply>> Decode(string which, Payload file, ImmutableArray<TensorSpec> specs, RequestScope scope)
    {
        try
        {
            var (reply, _) = await router.Call(
                Target, mesh => mesh.PreprocessorPool, PayloadMethods.Decode,
                new PayloadMessage<DecodeRequest>(new DecodeRequest { Specs = { specs } }, file), scope);
            return reply.Payloads.Count == specs.Length && reply.Message.Tensors.Count == specs.Length
                ? reply
                : throw Wrong($"decode gave {reply.Payloads.Count} tensors for {specs.Length} specs");
        }
        catch (FailureException error) when (error.Failure.Kind == FailureKind.Invalid)
        {
            throw new FailureException(error.Failure with { Message = which + error.Failure.Message });
        }
    }

    /// <summary>A call whose input is the mesh's own: whatever is wrong with it is not the client's fault.</summary>
    private async Task<PayloadMessage<TReply>> Call<TRequest, TReply>(
        Grpc.Core.Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> method, PayloadMessage<TRequest> request, RequestScope scope)
        where TRequest : Google.Protobuf.IMessage<TRequest>
        where TReply : Google.Protobuf.IMessage<TReply>
    {
        try
        {
            return (await router.Call(Target, mesh => mesh.PreprocessorPool, method, request, scope)).Reply;
        }
        catch (FailureException error) when (error.Failure.Kind is FailureKind.Invalid or FailureKind.NotFound)
        {
            throw Wrong($"{method.Name}: {error.Failure.Message}");
        }
    }

    private static ImmutableArray<PlacedTensor> Tensors(PayloadMessage<DecodeReply> reply) =>
        [.. reply.Message.Tensors.Zip(reply.Payloads, PlacedTensor.Of)];

    private static Payload One(IReadOnlyList<Payload> payloads, string call) =>
        payloads.Count == 1 ? payloads[0] : throw Wrong($"{call} gave {payloads.Count} payloads instead of one");

    private static FailureException Wrong(string message) => new(Failure.Internal(Reasons.UpstreamFailed, message));
}
