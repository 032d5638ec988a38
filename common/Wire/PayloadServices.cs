using Espresso.Protos.Preprocessor;
using Grpc.Core;
using Inference;

namespace Espresso.Wire;

/// <summary>The minion's face, with <c>ModelInfer</c> over pooled payloads; the other calls are the generated ones.</summary>
[BindServiceMethod(typeof(PayloadInferenceService), nameof(Bind))]
public abstract class PayloadInferenceService : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>The reply owns its payloads; they go back to the pool when it is written.</summary>
    public abstract Task<PayloadMessage<ModelInferResponse>> ModelInfer(PayloadMessage<ModelInferRequest> request, ServerCallContext context);

    public static void Bind(ServiceBinderBase binder, PayloadInferenceService? service)
    {
        GRPCInferenceService.BindService(new Except(binder, PayloadMethods.ModelInfer.Name), service);
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

/// <summary>Binds a generated service but for one unary method, which the caller binds in its own way.</summary>
internal sealed class Except(ServiceBinderBase inner, string method) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> name, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        if (!string.Equals(name.Name, method, StringComparison.Ordinal))
            inner.AddMethod(name, handler!);
    }
}
