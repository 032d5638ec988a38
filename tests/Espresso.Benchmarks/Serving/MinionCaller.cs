using System.Runtime.InteropServices;
using Espresso.Manifests;
using Google.Protobuf;
using Inference;

namespace Espresso.Benchmarks.Serving;

/// <summary>Calls a minion's <c>ModelInfer</c>.</summary>
internal sealed class MinionCaller : IDisposable
{
    private readonly CallerConnections<GrpcConnection> _connections;

    /// <param name="datatype">FP32: the network's own tensors both ways. UINT8: pictures there, quantised maps back.</param>
    public MinionCaller(Uri address, Manifest manifest, string datatype)
    {
        var message = new ModelInferRequest { ModelName = manifest.Model };
        var random = new Random(1);
        var bytes = datatype == "UINT8";
        foreach (var input in manifest.Inputs)
        {
            long[] shape = bytes || input.Layout == TensorLayout.Nhwc
                ? [1, input.Height, input.Width, input.ChannelCount]
                : [1, input.ChannelCount, input.Height, input.Width];
            message.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = datatype, Shape = { shape } });
            var contents = new byte[input.Height * input.Width * input.ChannelCount * (bytes ? 1 : 4)];
            if (bytes)
                random.NextBytes(contents);
            else
                foreach (ref var value in MemoryMarshal.Cast<byte, float>(contents.AsSpan()))
                    value = random.NextSingle();
            message.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(contents));
        }

        foreach (var output in manifest.Outputs)
        {
            var requested = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output.Name };
            if (bytes)
                requested.Parameters["espresso_datatype"] = new InferParameter { StringParam = "UINT8" };
            message.Outputs.Add(requested);
        }

        var sent = message.ToByteArray();
        _connections = new CallerConnections<GrpcConnection>(
            () => new GrpcConnection(address, "/inference.GRPCInferenceService/ModelInfer", sent), connection => connection.Call());
    }

    public Task<bool> Call() => _connections.Call();

    public void Dispose() => _connections.Dispose();
}
