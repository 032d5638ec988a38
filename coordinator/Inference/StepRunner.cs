using System.Diagnostics;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Sharing;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Outputs;
using Espresso.Telemetry;

namespace Espresso.Coordinator.Inference;

/// <summary>A step that has been started: what the model gave, for the steps that take it, and later the result for the client.</summary>
internal sealed record StepRun(PlanStep Step, Task<StepOutcome> Outcome, Task<StepResult> Result);

/// <summary>What became of a step's run; exactly one of <paramref name="Inferred"/> and <paramref name="Failure"/> is there.</summary>
/// <param name="Step">What ran: the step itself, or its fallback.</param>
/// <param name="StartMs">Since the request's arrival; 0 where it was not started.</param>
internal sealed record StepOutcome(PlanStep Step, Failure? Failure, Inferred? Inferred, double StartMs = 0)
{
    public StepStatus Status { get; init; } = Failure is null ? StepStatus.Ok : StepResult.StatusOf(Failure);

    /// <summary>Another request had begun the run.</summary>
    public bool Shared { get; init; }

    /// <summary>What was run, on what where the request shares its runs.</summary>
    public RunIdentity Identity { get; init; }

    /// <summary>The public name is what other models know an output by; a fallback may call its tensor otherwise.</summary>
    public PlacedTensor? Output(string name)
    {
        var index = Step.Outputs.TakeWhile(output => output.As != name).Count();
        return index < Inferred?.Answer.Tensors.Length ? Inferred.Answer.Tensors[index] : null;
    }
}

/// <summary>Runs steps: each as soon as its own inputs are there. A step's failure is its own status and never an exception.</summary>
internal sealed class StepRunner(
    ReplicaRegistry registry, ModelRunner models, Preprocessing preprocessing, AdmissionController admission, LearnedCosts costs, TrafficBook traffic,
    CoordinatorMetrics metrics, TimeProvider time, ILogger<StepRunner> log)
{
    /// <summary>The steps that stand before this one in the plan have been started.</summary>
    public StepRun Start(PlanStep step, RequestRun run)
    {
        var outcome = InferOrFallBack(step, run);
        return new StepRun(step, outcome, Finish(outcome, run));
    }

    private async Task<StepOutcome> InferOrFallBack(PlanStep step, RequestRun run)
    {
        var outcome = await Infer(step, step, run);
        if (outcome.Failure is { Kind: FailureKind.Unavailable } && run.Scope.Over is null && Moved(step, run) is { } moved)
            outcome = await InferInstead(step, moved, instead: null, outcome, run);
        if (outcome.Failure is not { } why || step.Fallback is not { } fallback || run.Scope.Over is not null)
            return outcome;

        var instead = await InferInstead(step, fallback, new Replaced(step.Key.ToString(), why), outcome, run);
        if (instead.Step.Key != outcome.Step.Key) // the result will tell of the fallback alone, but a canary must not hide behind it
            Observe(outcome.Step.Key, outcome.Status, why, outcome.Shared, new StepTimings { StartMs = outcome.StartMs });
        return instead;
    }

    /// <summary>The version that is there now, where the step's has gone and nobody asked for that one by its number.</summary>
    private Plan? Moved(PlanStep step, RequestRun run)
    {
        if (run.Plan.IsNamed(step) || registry.Now.Models.GetValueOrDefault(step.Key.Model) is not { } model
            || run.Versions.Default(model) is not { IsLive: true } there || run.Plan.MayTellOf(there.Key))
            return null;
        StandIn.TryPlan(step, there, run.Request.Mask is not null, run.Plan.Steps[..step.Index], run.Plan.TakenOf(step), out var plan);
        return plan;
    }

    /// <param name="plan">One step.</param>
    /// <param name="instead">Told to the client; null: it is what was asked for.</param>
    /// <param name="failed">What comes of it if there is no room for another one.</param>
    private async Task<StepOutcome> InferInstead(PlanStep place, Plan plan, Replaced? instead, StepOutcome failed, RequestRun run)
    {
        var step = plan.Steps[0] with { Required = place.Required, Instead = instead };
        if (!admission.TryAdmit(plan.Alone, run.Scope.Left, run.Request.Caller, out var slot, out var refusal))
            return Refused(refusal);
        using (slot)
        {
            return run.Request.Ticket.TryHold(plan.TensorBytes, out refusal)
                ? await Infer(place, step, run with { Slots = slot })
                : Refused(refusal);
        }

        StepOutcome Refused(Failure reason)
        {
            var why = failed.Failure!;
            return failed with { Failure = why with { Message = $"{why.Message}; {step.Key} in its place: {reason.Message}" } };
        }
    }

    /// <param name="place">The step of the plan.</param>
    /// <param name="step">What runs there: the same, or its fallback.</param>
    private async Task<StepOutcome> Infer(PlanStep place, PlanStep step, RequestRun run)
    {
        var startMs = 0.0;
        try
        {
            if (await Need(step, run) is { } missing)
                return new StepOutcome(step, missing, null) { Status = StepStatus.Skipped };

            using var activity = EspressoTelemetry.Source.StartActivity("infer");
            activity?.SetTag("espresso.model", step.Key.Model).SetTag("espresso.version", step.Key.Version.ToString());
            startMs = run.Scope.ElapsedMs;
            if (run.Scope.Over is null && !run.Budget.CanMeet(step, run.Scope.Left))
                return new StepOutcome(step, CannotMeet($"a run of {step.Key}", run.Scope.Left), null);
            using var part = run.Scope.Within(run.Budget.ForRun(place, step.Key, run.Scope.Left));
            try
            {
                var (inferred, shared) = await models.Run(step, run, part ?? run.Scope);
                return new StepOutcome(step, null, inferred, startMs) { Shared = shared, Identity = run.Request.Shared ? ModelRunner.IdentityOf(step, run) : default };
            }
            catch (Exception error)
            {
                var failure = FailureOf(error, run.Scope);
                activity?.SetStatus(ActivityStatusCode.Error, failure.Reason);
                return new StepOutcome(step, failure, null, startMs);
            }
        }
        finally
        {
            run.Slots.Release(step.Index);
        }
    }

    /// <summary>Waits for the answers that the step takes; a failure among them is why it cannot run.</summary>
    private static async Task<Failure?> Need(PlanStep step, RequestRun run)
    {
        foreach (var input in step.Inputs.OfType<ProvidedInput>())
        {
            var provider = run.Steps[input.Step];
            if ((await provider.Outcome).Failure is { } failure)
                return failure.Reason == Reasons.RequiredFailed ? failure : failure with { Message = $"needs {provider.Step.Key}: {failure.Message}" };
        }

        return null;
    }

    /// <summary>Makes of the answer what the client asked for; tells of the result.</summary>
    private async Task<StepResult> Finish(Task<StepOutcome> running, RequestRun run)
    {
        var outcome = await running;
        var (step, scope) = (outcome.Step, run.Scope);
        var result = new StepResult(
            step.Key, step.Requested, outcome.Status, outcome.Failure, [],
            (outcome.Inferred?.Timings ?? new StepTimings()) with { StartMs = outcome.StartMs }, outcome.Inferred?.Replica ?? "")
        {
            Required = step.Required,
            Instead = step.Instead,
            Shared = outcome.Shared,
        };
        if (outcome.Inferred is { } inferred && step.Requested)
            result = await Encode(result, outcome, inferred, run);
        result = result with { Timings = result.Timings with { TotalMs = outcome.StartMs > 0 ? scope.ElapsedMs - outcome.StartMs : 0 } };
        if (step.Required && result.Failure is { } why)
            scope.Abandon(new Failure(FailureKind.Cancelled, Reasons.RequiredFailed, $"cancelled, since {step.Key} is required: {why.Message}"));
        Tell(result, scope);
        return result;
    }

    private async Task<StepResult> Encode(StepResult result, StepOutcome outcome, Inferred inferred, RequestRun run)
    {
        var step = outcome.Step;
        Failure failure;
        try
        {
            if (run.Scope.Over is null && !run.Budget.CanEncode(step, run.Scope.Left))
            {
                failure = CannotMeet("encoding", run.Scope.Left);
            }
            else
            {
                var began = time.GetTimestamp();
                var outputs = await Task.WhenAll(step.Outputs.Zip(inferred.Answer.Tensors, (output, tensor) => Show(outcome, output, tensor, inferred, run)));
                var took = time.GetElapsedTime(began).TotalMilliseconds;
                if (!outputs.Any(output => output.Shared))
                    costs.Encode(step.Key).Measure(took);
                return result with { Outputs = [.. outputs.Select(output => output.Output)], Timings = result.Timings with { EncodeMs = took } };
            }
        }
        catch (Exception error)
        {
            failure = FailureOf(error, run.Scope);
        }

        return result with { Status = StepResult.StatusOf(failure), Failure = failure };
    }

    private async Task<(StepOutput Output, bool Shared)> Show(StepOutcome outcome, OutputSpec output, PlacedTensor tensor, Inferred inferred, RequestRun run)
    {
        if (output.IsPicture)
            return await preprocessing.Encode(output, tensor, await Blend(outcome.Step, output, inferred, run), outcome.Identity, run.Request, run.Scope);
        return Readout.TryRead(output, tensor.Data.Span, out var value, out var fault)
            ? (new SaidOutput(output, value), false)
            : throw new FailureException(Failure.Internal(Reasons.ModelFailed, $"output '{output.As}' says nothing: {fault}"));
    }

    /// <summary>The mask input outside of which the picture stays. What the client sent is this request's own, also where the run was another's.</summary>
    private async Task<PlacedTensor?> Blend(PlanStep step, OutputSpec output, Inferred inferred, RequestRun run)
    {
        for (var i = 0; i < step.Inputs.Length; i++)
        {
            if (output.Blend is not null && step.Inputs[i].Spec.Name == output.Blend)
                return step.Inputs[i] is ProvidedInput ? inferred.Inputs[i] : await preprocessing.Tensor(step.Inputs[i], run.Pictures, run.Request, run.Scope);
        }

        return null;
    }

    private void Tell(StepResult result, RequestScope scope)
    {
        if (result.Instead is { } instead)
            metrics.FellBack(result.Key, instead.Why.Reason);
        metrics.StepDone(result.Key, result.StatusWord, TimeSpan.FromMilliseconds(result.Timings.TotalMs));
        Observe(result.Key, result.Status, result.Failure, result.Shared, result.Timings);
        if (result.Failure is not { } failure)
            return;
        // Overload and lateness come by the thousand and have their metrics; a fault of ours wants to be read.
        var level = result.Status == StepStatus.Failed && failure.Kind != FailureKind.Cancelled ? LogLevel.Warning : LogLevel.Debug;
        log.StepFailed(level, scope.Id, result.Key, result.StatusWord, failure.Reason, failure.Message);
    }

    /// <summary>What the mesh refused or did not start, and what another one spoiled, says nothing of the version; a shared run is counted once.</summary>
    private void Observe(ModelKey version, StepStatus status, Failure? failure, bool shared, StepTimings timings)
    {
        if (!shared && timings.StartMs > 0 && (status == StepStatus.Ok
            || (status != StepStatus.Skipped && failure is { Kind: FailureKind.Internal or FailureKind.Unavailable or FailureKind.Late })))
        {
            traffic.Observe(version, OutcomeOf(status), timings.CallMs);
        }
    }

    private static VersionOutcome OutcomeOf(StepStatus status) => status switch
    {
        StepStatus.Ok => VersionOutcome.Answered,
        StepStatus.Deadline => VersionOutcome.Late,
        _ => VersionOutcome.Failed,
    };

    private static Failure CannotMeet(string what, TimeSpan left) => new(
        FailureKind.Late, Reasons.DeadlineUnmeetable, $"{what} takes longer than the {Math.Max(0, left.TotalMilliseconds):0} ms that are left, so it was not started");

    /// <summary>What a minion finds wrong with a request of ours is our fault, not the client's.</summary>
    private Failure FailureOf(Exception error, RequestScope scope)
    {
        if (error is FailureException { Failure: var failure })
        {
            return failure.Kind is FailureKind.Invalid or FailureKind.TooLarge or FailureKind.Unsupported or FailureKind.NotFound
                ? Failure.Internal(Reasons.ModelFailed, failure.Message)
                : failure;
        }

        log.Unforeseen(scope.Id, error);
        return Failure.Internal(Reasons.Internal, "an unforeseen fault; the coordinator's log tells more");
    }
}
