using Espresso.Errors;
using Espresso.Leases;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;
using Espresso.Wire;
using Grpc.Core;
using Inference;

namespace Espresso.Minions.Api;

/// <summary>The minion's face: the Open Inference Protocol v2 for the one model that it serves.</summary>
internal sealed class InferenceService(ModelRuntime model, InferRequestReader reader, TimeProvider time) : PayloadInferenceService
{
    /// <summary>A timer takes no more than some weeks; nobody waits so long.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = model.Ready.IsCompletedSuccessfully });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        MustBeServed(request.Name, request.Version);
        return Task.FromResult(new ModelReadyResponse { Ready = model.Ready.IsCompletedSuccessfully });
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = "espresso-minion",
            Version = typeof(InferenceService).Assembly.GetName().Version?.ToString(3) ?? "",
            Extensions = { "schedule_policy", "parameters" },
        });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        MustBeServed(request.Name, request.Version);
        var reply = new ModelMetadataResponse { Name = model.Manifest.Model, Versions = { model.Manifest.Version.ToString() }, Platform = "onnx_onnxv1" };
        reply.Inputs.AddRange(model.Executor.Inputs.Select(Metadata));
        reply.Outputs.AddRange(model.Executor.Outputs.Select(Metadata));
        return Task.FromResult(reply);
    }

    public override async Task<PayloadMessage<ModelInferResponse>> ModelInfer(PayloadMessage<ModelInferRequest> request, ServerCallContext context)
    {
        InferItem item;
        try
        {
            MustBeServed(request.Message.ModelName, request.Message.ModelVersion);
            request = TypedContents.ToRaw(request);
            item = reader.Read(request, model.Batcher.Now, TimeLeft(context));
        }
        catch
        {
            request.Dispose();
            throw;
        }

        if (model.Batcher.TryEnqueue(item) is { } refusal)
        {
            item.ReleaseInputs();
            context.ResponseTrailers.AddLoad(model.ReportBriefly());
            throw new FailureException(refusal);
        }

        InferOutcome outcome;
        // Where the call's own deadline is later, nobody else ends the wait while the device is busy.
        using var timeout = request.Message.Parameters.ContainsKey(InferRequestReader.TimeoutParameter) ? Timeout(item) : null;
        await using (context.CancellationToken.UnsafeRegister(
            static state => ((Waiting)state!).Cancel(), new Waiting(model.Batcher, item)))
            outcome = await item.Done;
        context.ResponseTrailers.AddLoad(model.ReportBriefly());
        if (outcome.Failure is { } failure)
            throw new FailureException(failure);
        ItemSpans.Trace(item, outcome, time, model.Batcher.Now);
        return Reply(request.Message, outcome);
    }

    private ITimer? Timeout(InferItem item) =>
        item.Deadline - model.Batcher.Now is var left && left > LongestTimeout
            ? null
            : time.CreateTimer(
                static state => ((Waiting)state!).Expire(), new Waiting(model.Batcher, item),
                left > TimeSpan.Zero ? left : TimeSpan.Zero, System.Threading.Timeout.InfiniteTimeSpan);

    private PayloadMessage<ModelInferResponse> Reply(ModelInferRequest request, InferOutcome outcome)
    {
        var times = outcome.Times;
        var reply = new ModelInferResponse
        {
            ModelName = model.Manifest.Model,
            ModelVersion = model.Manifest.Version.ToString(),
            Id = request.Id,
            Parameters =
            {
                ["espresso_queue_us"] = Microseconds(times.Taken - times.Enqueued),
                ["espresso_assemble_us"] = Microseconds(times.Started - times.Taken),
                ["espresso_compute_us"] = Microseconds(times.Computed - times.Started),
                ["espresso_finish_us"] = Microseconds(times.Finished - times.Computed),
                ["espresso_batch_id"] = new InferParameter { Int64Param = times.BatchId },
                ["espresso_batch_size"] = new InferParameter { Int64Param = times.BatchRows },
                ["espresso_release"] = new InferParameter { StringParam = times.Release.WireName() },
            },
        };
        var payloads = new Payload[outcome.Outputs.Count];
        for (var i = 0; i < payloads.Length; i++)
        {
            var output = outcome.Outputs[i];
            var tensor = new ModelInferResponse.Types.InferOutputTensor
            {
                Name = model.Executor.Outputs[output.Request.Index].Name,
                Datatype = output.Request.Datatype.WireName(),
                Shape = { output.Shape },
            };
            if (output.High > output.Low)
            {
                tensor.Parameters["espresso_low"] = new InferParameter { DoubleParam = output.Low };
                tensor.Parameters["espresso_high"] = new InferParameter { DoubleParam = output.High };
            }

            reply.Outputs.Add(tensor);
            payloads[i] = output.Payload;
        }

        return new PayloadMessage<ModelInferResponse>(reply, payloads);
    }

    private static InferParameter Microseconds(TimeSpan time) => new() { Int64Param = (long)time.TotalMicroseconds };

    private TimeSpan TimeLeft(ServerCallContext context) =>
        context.Deadline == DateTime.MaxValue ? TimeSpan.MaxValue : context.Deadline - time.GetUtcNow().UtcDateTime;

    private void MustBeServed(string name, string version)
    {
        if (!string.Equals(name, model.Manifest.Model, StringComparison.Ordinal))
            throw new FailureException(Failure.NotFound(Reasons.UnknownModel, $"no model '{name}' here; this minion serves {model.Manifest.Name}"));
        if (version.Length > 0 && !string.Equals(version, model.Manifest.Version.ToString(), StringComparison.Ordinal))
            throw new FailureException(Failure.NotFound(Reasons.UnknownVersion, $"no version '{version}' here; this minion serves {model.Manifest.Name}"));
    }

    private static ModelMetadataResponse.Types.TensorMetadata Metadata(TensorInfo info) =>
        new() { Name = info.Name, Datatype = info.Datatype.WireName(), Shape = { info.Shape } };

    private sealed record Waiting(Batcher Batcher, InferItem Item)
    {
        public void Expire() => Batcher.Cancel(Item, Failure.Late("the request's timeout passed while it waited in the queue"));

        public void Cancel() => Batcher.Cancel(Item, Failure.Cancelled("the caller went away while the item waited in the queue"));
    }
}
