using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;

namespace Espresso.Cli.Client;

/// <summary>Speaks to one minion over the Open Inference Protocol.</summary>
internal sealed class MinionClient : IDisposable
{
    /// <summary>What one message may hold; a request with more rows than fit is for the caller to split.</summary>
    public const int LargestMessage = 60 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public MinionClient(Uri address)
    {
        _channel = Channels.Open(address);
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public void Dispose() => _channel.Dispose();

    /// <exception cref="CliException">The minion does not answer.</exception>
    public async Task<ModelMetadataResponse> Metadata(string model, CancellationToken cancellation) =>
        await Call(_client.ModelMetadataAsync(new ModelMetadataRequest { Name = model }, deadline: Deadline(), cancellationToken: cancellation));

    /// <summary>Runs items as one batch.</summary>
    /// <param name="rows">The inputs of each item; of one shape all.</param>
    /// <exception cref="CliException">The network fails on them; the message says of what.</exception>
    public async Task<RunResult> Run(string model, IReadOnlyList<IReadOnlyList<ItemTensor>> rows, CancellationToken cancellation)
    {
        var request = new ModelInferRequest { ModelName = model };
        for (var i = 0; i < rows[0].Count; i++)
        {
            var first = rows[0][i];
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = first.Name, Datatype = first.Datatype, Shape = { rows.Count, first.Shape } });
            request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(rows.Count == 1 ? first.Bytes : [.. rows.SelectMany(row => row[i].Bytes)]));
        }

        var reply = await Call(_client.ModelInferAsync(request, deadline: Deadline(), cancellationToken: cancellation));
        return new RunResult(
            [.. reply.Outputs.Zip(reply.RawOutputContents, (output, bytes) => new RunOutput(output.Name, output.Datatype, [.. output.Shape], bytes.ToByteArray()))],
            TimeSpan.FromMicroseconds(reply.Parameters["espresso_compute_us"].Int64Param));
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    private static async Task<T> Call<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException error)
        {
            throw new CliException(error.Status.Detail, error);
        }
    }
}
