using System.Collections.Immutable;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Routing;
using Espresso.Coordinator.Sharing;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;
using Espresso.Telemetry;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>The preprocessors' calls, as the pipeline needs them.</summary>
internal sealed class Preprocessing(Router router, CoordinatorMetrics metrics)
{
    private const string Target = "preprocessor";
    private const string OfMask = "mask: ";

    private readonly Flights<DecodeKey, PayloadMessage<DecodeReply>> _decodes = new(whileHeld: true, () => metrics.Shared("decode"));
    private readonly Flights<string, PayloadMessage<EncodeReply>> _encodes = new(whileHeld: true, () => metrics.Shared("encode"));

    /// <summary>Decodes picture and mask, side by side; identical ones in flight once.</summary>
    /// <exception cref="FailureException">What is wrong with the picture or the mask, or that no preprocessor could look.</exception>
    public async Task<Pictures> Decode(InferenceRequest request, Plan plan, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("preprocess");
        var takesMask = request.Mask is not null && !plan.MaskSpecs.IsEmpty;
        var picture = DecodePicture(request, plan.PictureSpecs, scope);
        var mask = takesMask ? DecodeMask(request, plan.MaskSpecs, scope) : picture; // without a mask its size is right
        await Task.WhenAll(picture, mask);

        var (decoded, decodedMask) = (await picture, await mask);
        var ((width, height), (maskWidth, maskHeight)) = (SizeOf(decoded.Reply), SizeOf(decodedMask.Reply));
        if ((maskWidth, maskHeight) != (width, height))
        {
            throw new FailureException(Failure.Invalid(
                Reasons.WrongMaskSize,
                $"the mask is {maskWidth}×{maskHeight} pixels and the picture {width}×{height}; they must be of one size"));
        }

        return new Pictures(
            decoded.Reply.Message.Format, width, height,
            new DecodedFile(plan.PictureSpecs, Tensors(decoded.Reply)), new DecodedFile(takesMask ? plan.MaskSpecs : [], takesMask ? Tensors(decodedMask.Reply) : []),
            decoded.Shared || decodedMask.Shared);
    }

    /// <summary>A tensor of the request's picture or mask; one that only a fallback takes is made now, in a decode of its own.</summary>
    public async Task<PlacedTensor> Tensor(StepInput input, Pictures pictures, InferenceRequest request, RequestScope scope)
    {
        var isMask = input is MaskInput;
        if ((isMask ? pictures.Mask : pictures.Picture).Find(input.Target) is { } there)
            return there;
        using var activity = EspressoTelemetry.Source.StartActivity("preprocess");
        var decoded = await (isMask ? DecodeMask(request, [input.Target], scope) : DecodePicture(request, [input.Target], scope));
        return Tensors(decoded.Reply)[0];
    }

    /// <summary>Brings what one model gave to what another one takes.</summary>
    public async Task<PlacedTensor> Resample(PlacedTensor tensor, TensorSpec target, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("resample");
        var request = new PayloadMessage<ResampleRequest>(new ResampleRequest { Tensor = tensor.Form, Spec = target }, tensor.Data);
        var reply = await Call(PayloadMethods.Resample, request, scope);
        return PlacedTensor.Of(reply.Message.Tensor, One(reply.Payloads, "resample"));
    }

    /// <summary>Makes an output a picture file of the request's picture's size; those of identical runs in flight once.</summary>
    /// <param name="mask">With it the picture itself stays outside of the mask.</param>
    /// <param name="run">That gave the output.</param>
    /// <returns>Whether another request had begun it.</returns>
    public async Task<(EncodedOutput Output, bool Shared)> Encode(
        OutputSpec output, PlacedTensor tensor, PlacedTensor? mask, RunIdentity run, InferenceRequest request, RequestScope scope)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("encode");
        activity?.SetTag("espresso.output", output.As);
        var (reply, led) = request.Shared
            ? await _encodes.Join($"{run.Text}: {output.As}", scope, flight => Encode(output, tensor, mask, request, flight))
            : (await Encode(output, tensor, mask, request, scope), true);
        var file = One(reply.Payloads, "encode");
        request.Ticket.Hold(file.Length);
        return (new EncodedOutput(output, reply.Message.MediaType, reply.Message.Width, reply.Message.Height, tensor.Range, file), !led);
    }

    private Task<PayloadMessage<EncodeReply>> Encode(OutputSpec output, PlacedTensor tensor, PlacedTensor? mask, InferenceRequest request, RequestScope scope)
    {
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

        return Call(PayloadMethods.Encode, new PayloadMessage<EncodeRequest>(order, contents), scope);
    }

    private Task<Decoded> DecodePicture(InferenceRequest request, ImmutableArray<TensorSpec> specs, RequestScope scope) =>
        Decode(request.Shared ? new DecodeKey(request.Caller, request.ImageDigest, IsMask: false, specs) : null, "", request.Image, specs, scope);

    private Task<Decoded> DecodeMask(InferenceRequest request, ImmutableArray<TensorSpec> specs, RequestScope scope) =>
        Decode(request.Shared ? new DecodeKey(request.Caller, request.MaskDigest, IsMask: true, specs) : null, OfMask, request.Mask!, specs, scope);

    /// <param name="key">Null: it is not shared.</param>
    private async Task<Decoded> Decode(DecodeKey? key, string which, Payload file, ImmutableArray<TensorSpec> specs, RequestScope scope)
    {
        if (key is not { } shared)
            return new Decoded(await Decode(which, file, specs, scope), Shared: false);
        var (reply, led) = await _decodes.Join(shared, scope, flight => Decode(which, file, specs, flight));
        return new Decoded(reply, !led);
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
            throw new FailureException(error.Failure with { Kind = KindOf(error.Failure.Reason), Message = which + error.Failure.Message });
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

    private static (uint Width, uint Height) SizeOf(PayloadMessage<DecodeReply> reply) => (reply.Message.Width, reply.Message.Height);

    private static ImmutableArray<PlacedTensor> Tensors(PayloadMessage<DecodeReply> reply) =>
        [.. reply.Message.Tensors.Zip(reply.Payloads, PlacedTensor.Of)];

    private static Payload One(IReadOnlyList<Payload> payloads, string call) =>
        payloads.Count == 1 ? payloads[0] : throw Wrong($"{call} gave {payloads.Count} payloads instead of one");

    /// <summary>On gRPC's wire all that is wrong with a picture is INVALID_ARGUMENT; statuses and metrics tell more, as where this process refuses by itself.</summary>
    private static FailureKind KindOf(string reason) => reason switch
    {
        Reasons.BodyTooLarge or Reasons.TooManyPixels or Reasons.TooManyFrames => FailureKind.TooLarge,
        Reasons.UnsupportedFormat => FailureKind.Unsupported,
        _ => FailureKind.Invalid,
    };

    private static FailureException Wrong(string message) => new(Failure.Internal(Reasons.UpstreamFailed, message));

    private readonly record struct Decoded(PayloadMessage<DecodeReply> Reply, bool Shared);

    /// <summary>Decodes of one key give the same.</summary>
    private readonly record struct DecodeKey(Caller Caller, Digest File, bool IsMask, ImmutableArray<TensorSpec> Specs)
    {
        public bool Equals(DecodeKey other) => Caller == other.Caller && File == other.File && IsMask == other.IsMask && Specs.AsSpan().SequenceEqual(other.Specs.AsSpan());

        public override int GetHashCode() => File.GetHashCode();
    }
}
