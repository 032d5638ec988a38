using Espresso.Manifests;
using Espresso.Minions.Api;
using Espresso.Minions.Execution;
using Espresso.Wire;
using Grpc.Core;
using Inference;

namespace Espresso.Minions.Lifecycle;

/// <summary>One request to the process itself, made as a coordinator makes it, before any other comes.</summary>
/// <remarks>What only a call runs (transport, reading, batching, writing) is compiled then: without it the first caller waits 300 ms longer.</remarks>
internal static class FirstCall
{
    /// <exception cref="RpcException">It failed, as others' first request would.</exception>
    public static async Task Make(Uri self, Manifest manifest, IExecutor executor, Contract contract, CancellationToken cancelled)
    {
        using var request = Request(manifest, executor, contract);
        using var channel = Channels.Open(self);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(
            PayloadMethods.ModelInfer, host: null, new CallOptions(cancellationToken: cancelled), request);
        using var reply = await call;
    }

    private static PayloadMessage<ModelInferRequest> Request(Manifest manifest, IExecutor executor, Contract contract)
    {
        var message = new ModelInferRequest { ModelName = manifest.Model, ModelVersion = manifest.Version.ToString(), Id = "first-call" };
        var payloads = new List<Payload>();
        foreach (var (info, spec) in executor.Inputs.Zip(contract.Inputs))
        {
            var isPicture = spec is { Kind: not InputKind.Tensor };
            long[] shape = isPicture ? [spec!.Height, spec.Width, spec.ChannelCount] : [.. spec!.Shape];
            var datatype = isPicture ? Datatype.Uint8 : info.Datatype;
            message.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = info.Name, Datatype = datatype.WireName(), Shape = { shape.Prepend(1) } });
            var black = Payload.Rent((int)TensorMemory.ItemBytes(shape, datatype));
            black.Span.Clear();
            payloads.Add(black);
        }

        foreach (var output in manifest.Outputs)
        {
            var wanted = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output.Name };
            if (output.IsPicture)
                wanted.Parameters[InferRequestReader.DatatypeParameter] = new InferParameter { StringParam = output.Media == MediaKind.Png16 ? "UINT16" : "UINT8" };
            message.Outputs.Add(wanted);
        }

        return new PayloadMessage<ModelInferRequest>(message, [.. payloads]);
    }
}
