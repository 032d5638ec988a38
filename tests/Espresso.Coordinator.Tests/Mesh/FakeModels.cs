using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Espresso.Wire;
using Google.Protobuf.Collections;
using Grpc.Core;
using Inference;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>
/// Networks that add up their inputs' first values, plus one, and paint their outputs with that: [1, 5, 3, 1], or three channels where the
/// output is called "filled". A test may put something before a model's answer.
/// </summary>
internal sealed class FakeModels : PayloadInferenceService
{
    private readonly ConcurrentDictionary<string, int> _models = new(StringComparer.Ordinal);
    private int _calls;

    public int Calls => _calls;

    /// <summary>Of each call, in the order in which they came.</summary>
    public ConcurrentQueue<MapField<string, InferParameter>> Parameters { get; } = [];

    public int CallsOf(string model) => _models.GetValueOrDefault(model);

    /// <summary>By "model@version" or "model": called before the answer; may wait or throw.</summary>
    public ConcurrentDictionary<string, Func<ServerCallContext, Task>> Before { get; } = new(StringComparer.Ordinal);

    /// <summary>By "model@version": what it adds to the sum.</summary>
    public ConcurrentDictionary<string, byte> Plus { get; } = new(StringComparer.Ordinal);

    /// <summary>By "model@version output": what the outputs say that are no pictures.</summary>
    public ConcurrentDictionary<string, float[]> Numbers { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);

    public override async Task<PayloadMessage<ModelInferResponse>> ModelInfer(PayloadMessage<ModelInferRequest> request, ServerCallContext context)
    {
        using (request)
        {
            Interlocked.Increment(ref _calls);
            var message = request.Message;
            Parameters.Enqueue(message.Parameters);
            _models.AddOrUpdate(message.ModelName, 1, (_, calls) => calls + 1);
            foreach (var name in new[] { $"{message.ModelName}@{message.ModelVersion}", message.ModelName })
            {
                if (Before.TryGetValue(name, out var before))
                    await before(context);
            }

            for (var i = 0; i < message.Inputs.Count; i++)
                request.Payloads[i].Length.ShouldBe((int)message.Inputs[i].Shape.Aggregate((size, next) => size * next));
            var sum = (byte)(1 + request.Payloads.Sum(payload => payload.Span[0]) + Plus.GetValueOrDefault($"{message.ModelName}@{message.ModelVersion}"));

            var reply = new ModelInferResponse { ModelName = message.ModelName, ModelVersion = message.ModelVersion, Id = message.Id };
            reply.Parameters["espresso_queue_us"] = new InferParameter { Int64Param = 1500 };
            reply.Parameters["espresso_compute_us"] = new InferParameter { Int64Param = 2500 };
            reply.Parameters["espresso_batch_id"] = new InferParameter { Int64Param = 42 };
            reply.Parameters["espresso_batch_size"] = new InferParameter { Int64Param = 3 };
            reply.Parameters["espresso_release"] = new InferParameter { StringParam = "full" };
            var payloads = message.Outputs.Select(output => Answer(reply, output, sum)).ToList();
            return new PayloadMessage<ModelInferResponse>(reply, payloads);
        }
    }

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => throw Unused();

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => throw Unused();

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => throw Unused();

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) => throw Unused();

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) => throw Unused();

    private Payload Answer(ModelInferResponse reply, ModelInferRequest.Types.InferRequestedOutputTensor output, byte value)
    {
        if (!output.Parameters.TryGetValue("espresso_datatype", out var wanted))
            return Plain(reply, output.Name, $"{reply.ModelName}@{reply.ModelVersion}");
        var datatype = wanted.StringParam;
        var channels = output.Name == "filled" ? 3 : 1;
        reply.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor
        {
            Name = output.Name,
            Datatype = datatype,
            Shape = { 1, 5, 3, channels },
            Parameters =
            {
                ["espresso_low"] = new InferParameter { DoubleParam = -1.5 },
                ["espresso_high"] = new InferParameter { DoubleParam = 2.5 },
            },
        });
        var payload = Payload.Rent(5 * 3 * channels * (datatype == "UINT16" ? 2 : 1));
        payload.Span.Fill(value);
        return payload;
    }

    private Payload Plain(ModelInferResponse reply, string output, string model)
    {
        var isText = Texts.TryGetValue($"{model} {output}", out var text);
        var bytes = isText ? new byte[16] : MemoryMarshal.AsBytes(Numbers[$"{model} {output}"].AsSpan());
        if (isText)
            Encoding.UTF8.GetBytes(text, bytes);
        reply.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = output, Datatype = isText ? "UINT8" : "FP32", Shape = { 1, bytes.Length / (isText ? 1 : 4) } });
        return Payload.CopyOf(bytes);
    }

    private static InvalidOperationException Unused() => new("the coordinator has no reason to ask this");
}
