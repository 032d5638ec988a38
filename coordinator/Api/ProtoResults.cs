using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Registry;
using Espresso.Outputs;
using Google.Protobuf;
using Proto = Espresso.Protos.Coordinator;

namespace Espresso.Coordinator.Api;

/// <summary>Results and listings as messages of coordinator.proto.</summary>
internal static class ProtoResults
{
    public static Proto.InferReply Of(string id, InferenceReply reply) => new()
    {
        Id = id,
        Picture = new Proto.Picture { Format = reply.Format, Width = reply.Width, Height = reply.Height },
        TotalMs = reply.TotalMs,
        PlanMs = reply.PlanMs,
        PreprocessMs = reply.PreprocessMs,
    };

    /// <summary>The outputs' bytes are not copied: they must stay until the message is written.</summary>
    public static Proto.ModelResult Of(StepResult step) => new()
    {
        Model = step.Key.Model,
        Version = step.Key.Version.ToString(),
        Requested = step.Requested,
        Status = step.StatusWord,
        Reason = step.Failure?.Reason ?? "",
        Message = step.Failure?.Message ?? "",
        Replica = step.Replica,
        Shared = step.Shared,
        Fallback = step.Instead is not { } instead ? null : new Proto.Fallback { For = instead.What, Reason = instead.Why.Reason, Message = instead.Why.Message },
        Outputs = { step.Outputs.Select(Of) },
        Timings = new Proto.Timings
        {
            StartMs = step.Timings.StartMs,
            TotalMs = step.Timings.TotalMs,
            ResampleMs = step.Timings.ResampleMs,
            CallMs = step.Timings.CallMs,
            QueueMs = step.Timings.QueueMs,
            ComputeMs = step.Timings.ComputeMs,
            EncodeMs = step.Timings.EncodeMs,
            BatchId = step.Timings.BatchId,
            BatchSize = step.Timings.BatchSize,
            Release = step.Timings.Release,
        },
    };

    public static Proto.ModelVersion Of(ServedVersion version, bool isDefault) => new()
    {
        Model = version.Key.Model,
        Version = version.Key.Version.ToString(),
        IsDefault = isDefault,
        Title = version.Manifest.Title,
        Inputs = { version.Manifest.Inputs.Select(input => input.Name) },
        Outputs = { version.Manifest.Outputs.Select(output => output.As) },
        Replicas = { version.Replicas.Select(Of) },
    };

    public static Proto.Replica Of(Replica replica) => new()
    {
        Id = replica.Id,
        Address = replica.Address.Authority,
        Draining = replica.Draining,
        Health = replica.State.Health,
        Pending = (uint)replica.State.Reported.Pending,
        Running = (uint)replica.State.Reported.Running,
        BacklogMs = replica.State.Reported.BacklogMs,
        MeanBatch = replica.Load.MeanBatch,
        Done = replica.Load.Done,
        Failed = replica.Load.Failed,
        Rejected = replica.Load.Rejected,
        Device = replica.Device,
        Instances = replica.Load.Instances,
        ResidentBytes = replica.Load.ResidentBytes,
    };

    private static Proto.Output Of(StepOutput output) => output is EncodedOutput file ? Of(file) : Of((SaidOutput)output);

    private static Proto.Output Of(SaidOutput output)
    {
        var message = new Proto.Output { Name = output.Spec.As, Kind = output.Spec.Kind.ToString().ToLowerInvariant() };
        switch (output.Value)
        {
            case LabelsValue { Labels: var labels }:
                message.Labels.AddRange(labels.Select(Of));
                break;
            case ScoresValue { Scores: var scores }:
                message.Scores.AddRange(scores.Select(Of));
                break;
            case EmbeddingValue { Vector: var vector }:
                message.Embedding.AddRange(vector);
                break;
            case TextValue { Text: var text }:
                message.Text = text;
                break;
        }

        return message;
    }

    private static Proto.NamedScore Of(NamedScore score) => new() { Name = score.Name, Score = score.Score };

    private static Proto.Output Of(EncodedOutput output) => new()
    {
        Name = output.Spec.As,
        Kind = output.Spec.Kind.ToString().ToLowerInvariant(),
        MediaType = output.MediaType,
        Width = output.Width,
        Height = output.Height,
        Low = output.Range?.Low ?? 0,
        High = output.Range?.High ?? 0,
        Data = UnsafeByteOperations.UnsafeWrap(output.Data.Memory),
    };
}
