using System.Collections.Immutable;
using Espresso.Errors;

namespace Espresso.Coordinator.Inference;

/// <summary>The answer to a request, or why there is none.</summary>
internal sealed record InferenceReply
{
    /// <summary>Not null: refused, or nothing of what was requested succeeded.</summary>
    public Failure? Failure { get; init; }

    public string Format { get; init; } = "";

    public uint Width { get; init; }

    public uint Height { get; init; }

    /// <summary>In the plan's order, what ran for others' sake included; empty where nothing was started.</summary>
    public ImmutableArray<StepResult> Results { get; init; } = [];

    /// <summary>From arrival to the plan: the body.</summary>
    public double ReceiveMs { get; init; }

    public double PlanMs { get; init; }

    public double PreprocessMs { get; init; }

    public double TotalMs { get; init; }

    public static InferenceReply ForFailure(Failure failure) => new() { Failure = failure };
}
