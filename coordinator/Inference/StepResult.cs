using System.Collections.Immutable;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Outputs;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

internal enum StepStatus
{
    Ok,

    /// <summary>The model, or what it needed, failed.</summary>
    Failed,

    /// <summary>Another model whose output it takes gave none, or a required one failed; or it could not run on this request at all.</summary>
    Skipped,

    /// <summary>Every replica that was asked is full.</summary>
    Rejected,

    /// <summary>The request's deadline came first.</summary>
    Deadline,
}

/// <summary>What became of one model of a request.</summary>
/// <param name="Key">What ran.</param>
/// <param name="Requested">False: it ran for another model's sake; without outputs.</param>
/// <param name="Failure">Null where the status is ok.</param>
internal sealed record StepResult(
    ModelKey Key, bool Requested, StepStatus Status, Failure? Failure, ImmutableArray<StepOutput> Outputs, StepTimings Timings, string Replica)
{
    /// <summary>The whole request fails with it.</summary>
    public bool Required { get; init; }

    /// <summary>In whose place it ran, and why; null: it is what was asked for.</summary>
    public Replaced? Instead { get; init; }

    /// <summary>An identical picture's run was under way, and is this one's as well.</summary>
    public bool Shared { get; init; }

    /// <summary>ok, failed, skipped, rejected or deadline.</summary>
    public string StatusWord => Status switch
    {
        StepStatus.Ok => "ok",
        StepStatus.Skipped => "skipped",
        StepStatus.Rejected => "rejected",
        StepStatus.Deadline => "deadline",
        _ => "failed",
    };

    public static StepStatus StatusOf(Failure failure) => failure.Kind switch
    {
        FailureKind.Cancelled when failure.Reason == Reasons.RequiredFailed => StepStatus.Skipped,
        FailureKind.Overloaded => StepStatus.Rejected,
        FailureKind.Late => StepStatus.Deadline,
        _ => StepStatus.Failed,
    };
}

/// <summary>An output as the client gets it.</summary>
internal abstract record StepOutput(OutputSpec Spec);

/// <summary>An output that is no picture.</summary>
internal sealed record SaidOutput(OutputSpec Spec, OutputValue Value) : StepOutput(Spec);

/// <summary>An output as a picture file.</summary>
/// <param name="Range">What black and white stand for, where the model said so.</param>
/// <param name="Data">Kept by the request's memory.</param>
internal sealed record EncodedOutput(OutputSpec Spec, string MediaType, uint Width, uint Height, ValueRange? Range, Payload Data) : StepOutput(Spec);

/// <summary>Why it took what it took. Milliseconds; <see cref="StartMs"/> counts from the request's arrival.</summary>
internal sealed record StepTimings
{
    public double StartMs { get; init; }

    public double TotalMs { get; init; }

    /// <summary>Making inputs of other models' outputs.</summary>
    public double ResampleMs { get; init; }

    /// <summary>The whole call to the minion.</summary>
    public double CallMs { get; init; }

    /// <summary>Of the call: waiting in the minion.</summary>
    public double QueueMs { get; init; }

    /// <summary>Of the call: the batch on the device.</summary>
    public double ComputeMs { get; init; }

    /// <summary>Making picture files of the outputs.</summary>
    public double EncodeMs { get; init; }

    public ulong BatchId { get; init; }

    public uint BatchSize { get; init; }

    /// <summary>Why the batch left.</summary>
    public string Release { get; init; } = "";
}
