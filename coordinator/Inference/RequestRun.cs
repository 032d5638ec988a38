using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;

namespace Espresso.Coordinator.Inference;

/// <summary>What the steps of one request share.</summary>
/// <param name="Versions">What its models' names stand for, at any moment.</param>
internal sealed record RequestRun(
    InferenceRequest Request, Plan Plan, VersionChoice Versions, RequestScope Scope, Pictures Pictures, GraphBudget Budget, Reservation Slots)
{
    /// <summary>On whose account the steps run.</summary>
    public Caller Caller { get; init; } = Request.Caller;

    /// <summary>Those that have been started, in the plan's order.</summary>
    public List<StepRun> Steps { get; } = [];
}
