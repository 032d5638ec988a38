using Espresso.Manifests;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;

namespace Espresso.Benchmarks.Serving;

/// <summary>Calls a minion's <c>ModelInfer</c> as the coordinator does: one channel, payloads over pooled memory.</summary>
internal sealed class MinionCaller : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;
    private readonly PayloadMessage<ModelInferRequest> _request;

    /// <param name="datatype">FP32: the network's own tensors both ways. UINT8: pictures there, quantised maps back.</param>
    public MinionCaller(Uri address, Manifest manifest, string datatype)
    {
        _channel = Channels.Open(address);
        _invoker = _channel.CreateCallInvoker();
        var message = new ModelInferRequest { ModelName = manifest.Model };
        var payloads = new List<Payload>();
        var random = new Random(1);
        foreach (var input in manifest.Inputs)
        {
            var bytes = datatype == "UINT8";
            long[] shape = bytes || input.Layout == TensorLayout.Nhwc
                ? [1, input.Height, input.Width, input.ChannelCount]
                : [1, input.ChannelCount, input.Height, input.Width];
            message.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = datatype, Shape = { shape } });
            var payload = Payload.Rent(input.Height * input.Width * input.ChannelCount * (bytes ? 1 : 4));
            if (bytes)
                random.NextBytes(payload.Span);
            else
                foreach (ref var value in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(payload.Span))
                    value = random.NextSingle();
            payloads.Add(payload);
        }

        foreach (var output in manifest.Outputs)
        {
            var requested = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output.Name };
            if (datatype == "UINT8")
                requested.Parameters["espresso_datatype"] = new InferParameter { StringParam = "UINT8" };
            message.Outputs.Add(requested);
        }

        _request = new PayloadMessage<ModelInferRequest>(message, payloads);
    }

    public async Task<bool> Call()
    {
        try
        {
            using var reply = await _invoker.AsyncUnaryCall(PayloadMethods.ModelInfer, null, new CallOptions(), _request);
            return reply.Payloads.Count > 0;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _request.Dispose();
        _channel.Dispose();
    }
}
