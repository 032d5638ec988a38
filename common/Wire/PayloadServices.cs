using Espresso.Protos.Preprocessor;
using Grpc.Core;
using Inference;

namespace Espresso.Wire;

/// <summary>The minion's face, with <c>ModelInfer</c> over pooled payloads; the other calls are as generated.</summary>
/// <remarks>The server looks for a call's method on the very type that carries the attribute, so the generated base is no base here.</remarks>
[BindServiceMethod(typeof(PayloadInferenceService), nameof(Bind))]
public abstract class PayloadInferenceService
{
    public abstract Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context);

    public abstract Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context);

    public abstract Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context);

    public abstract Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context);

    public abstract Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context);

    /// <summary>The reply owns its payloads; they go back to the pool when it is written.</summary>
    public abstract Task<PayloadMessage<ModelInferResponse>> ModelInfer(PayloadMessage<ModelInferRequest> request, ServerCallContext context);

    /// <summary>Tells the server which calls there are; it finds their methods itself, so no instance is needed.</summary>
    public static void Bind(ServiceBinderBase binder, PayloadInferenceService? service)
    {
        GRPCInferenceService.BindService(new Except(new StrictBinder(binder), PayloadMethods.ModelInfer.Name), null);
        binder.AddMethod(PayloadMethods.ModelInfer, service is null ? null! : service.ModelInfer);
    }
}

/// <summary>The preprocessor's face: every call carries payloads.</summary>
[BindServiceMethod(typeof(PayloadPreprocessorService), nameof(Bind))]
public abstract class PayloadPreprocessorService
{
    public abstract Task<PayloadMessage<DecodeReply>> Decode(PayloadMessage<DecodeRequest> request, ServerCallContext context);

    public abstract Task<PayloadMessage<ResampleReply>> Resample(PayloadMessage<ResampleRequest> request, ServerCallContext context);

    public abstract Task<PayloadMessage<EncodeReply>> Encode(PayloadMessage<EncodeRequest> request, ServerCallContext context);

    public static void Bind(ServiceBinderBase binder, PayloadPreprocessorService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(PayloadMethods.Decode, service is null ? null! : service.Decode);
        binder.AddMethod(PayloadMethods.Resample, service is null ? null! : service.Resample);
        binder.AddMethod(PayloadMethods.Encode, service is null ? null! : service.Encode);
    }
}

/// <summary>Binds a generated service's unary calls but for one, which the caller binds in its own way.</summary>
internal sealed class Except(ServiceBinderBase inner, string method) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> name, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        if (!string.Equals(name.Name, method, StringComparison.Ordinal))
            inner.AddMethod(name, handler!);
    }
}
