using System.Collections.Immutable;
using System.Diagnostics;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Routing;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Telemetry;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>A step that has been started: what the model gave, for the steps that take it, and later the result for the client.</summary>
internal sealed record StepRun(PlanStep Step, Task<StepOutcome> Outcome, Task<StepResult> Result);

/// <summary>What a minion made of a step; exactly one of <paramref name="Answer"/> and <paramref name="Failure"/> is there.</summary>
/// <param name="Inputs">In the order of the step's inputs, as far as they came about.</param>
internal sealed record StepOutcome(StepStatus Status, Failure? Failure, ModelAnswer? Answer, ImmutableArray<PlacedTensor> Inputs, StepTimings Timings, string Replica);

/// <summary>Runs steps: each as soon as its own inputs are there. A step's failure is its own status and never an exception.</summary>
internal sealed class StepRunner(Router router, Preprocessing preprocessing, CoordinatorMetrics metrics, TimeProvider time, ILogger<StepRunner> log)
{
    /// <param name="before">The runs of the steps that stand before this one in the plan.</param>
    public StepRun Start(PlanStep step, IReadOnlyList<StepRun> before, Pictures pictures, InferenceRequest request, RequestScope scope, Reservation slots)
    {
        var outcome = Infer(step, before, pictures, scope, slots);
        return new StepRun(step, outcome, Finish(step, outcome, request, scope));
    }

    private async Task<StepOutcome> Infer(PlanStep step, IReadOnlyList<StepRun> before, Pictures pictures, RequestScope scope, Reservation slots)
    {
        var timings = new StepTimings();
        var inputs = ImmutableArray<PlacedTensor>.Empty;
        var replica = "";
        if (await Need(step, before) is { } missing)
        {
            slots.Release(step.Index);
            return new StepOutcome(StepStatus.Skipped, missing, null, inputs, timings, replica);
        }

        using var activity = EspressoTelemetry.Source.StartActivity("infer");
        activity?.SetTag("espresso.model", step.Key.Model).SetTag("espresso.version", step.Key.Version.ToString());
        try
        {
            timings = timings with { StartMs = scope.ElapsedMs };
            var resampled = time.GetTimestamp();
            inputs = [.. await Task.WhenAll(step.Inputs.Select(input => Tensor(input, before, pictures, scope)))];
            timings = timings with { ResampleMs = step.Wave == 0 ? 0 : Since(resampled) };

            var called = time.GetTimestamp();
            var (reply, server) = await router.Call(
                step.Key.ToString(), mesh => mesh.Find(step.Key)?.Pool, PayloadMethods.ModelInfer,
                ModelCall.ToRequest(step, inputs, scope.Id), scope);
            replica = server.Id;
            var answer = ModelCall.Read(step, reply, inputs[Math.Max(0, Picture(step))]);
            timings = answer.Timings with { StartMs = timings.StartMs, ResampleMs = timings.ResampleMs, CallMs = Since(called) };
            return new StepOutcome(StepStatus.Ok, null, answer, inputs, timings, replica);
        }
        catch (Exception error)
        {
            var failure = FailureOf(error, scope);
            activity?.SetStatus(ActivityStatusCode.Error, failure.Reason);
            return new StepOutcome(StepResult.StatusOf(failure), failure, null, inputs, timings, replica);
        }
        finally
        {
            slots.Release(step.Index);
        }
    }

    /// <summary>Waits for the answers that the step takes; a failure among them is why it cannot run.</summary>
    private static async Task<Failure?> Need(PlanStep step, IReadOnlyList<StepRun> before)
    {
        foreach (var input in step.Inputs.OfType<ProvidedInput>())
        {
            if ((await before[input.Step].Outcome).Failure is { } failure)
                return failure with { Message = $"needs {before[input.Step].Step.Key}: {failure.Message}" };
        }

        return null;
    }

    private async Task<PlacedTensor> Tensor(StepInput input, IReadOnlyList<StepRun> before, Pictures pictures, RequestScope scope)
    {
        switch (input)
        {
            case PictureInput picture:
                return pictures.Tensors[picture.Tensor];
            case MaskInput mask:
                return pictures.MaskTensors[mask.Tensor];
            case ProvidedInput provided:
                var provider = before[provided.Step];
                var answer = (await provider.Outcome).Answer!; // Need has seen to it
                return await preprocessing.Resample(answer.Tensors[provider.Step.Outputs.IndexOf(provided.Output)], provided.Target, scope);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Makes picture files of the answer, where the client asked for them.</summary>
    private async Task<StepResult> Finish(PlanStep step, Task<StepOutcome> running, InferenceRequest request, RequestScope scope)
    {
        var outcome = await running;
        var (status, failure, timings) = (outcome.Status, outcome.Failure, outcome.Timings);
        var outputs = ImmutableArray<EncodedOutput>.Empty;
        if (outcome.Answer is { } answer && step.Requested)
        {
            var began = time.GetTimestamp();
            try
            {
                outputs = [.. await Task.WhenAll(step.Outputs.Zip(answer.Tensors, (output, tensor) =>
                    preprocessing.Encode(output, tensor, Blend(step, output, outcome.Inputs), request, scope)))];
                timings = timings with { EncodeMs = Since(began) };
            }
            catch (Exception error)
            {
                failure = FailureOf(error, scope);
                status = StepResult.StatusOf(failure);
            }
        }

        timings = timings with { TotalMs = timings.StartMs > 0 ? scope.ElapsedMs - timings.StartMs : 0 };
        var result = new StepResult(step.Key, step.Requested, status, failure, outputs, timings, outcome.Replica);
        metrics.StepDone(step.Key, result.StatusWord, TimeSpan.FromMilliseconds(timings.TotalMs));
        if (failure is not null)
        {
            // Overload and lateness come by the thousand and have their metrics; a fault of ours wants to be read.
            var level = status == StepStatus.Failed && failure.Kind != FailureKind.Cancelled ? LogLevel.Warning : LogLevel.Debug;
            log.StepFailed(level, scope.Id, step.Key, result.StatusWord, failure.Reason, failure.Message);
        }

        return result;
    }

    private static PlacedTensor? Blend(PlanStep step, OutputSpec output, ImmutableArray<PlacedTensor> inputs)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            if (output.Blend is not null && step.Inputs[i].Spec.Name == output.Blend)
                return inputs[i];
        }

        return null;
    }

    /// <summary>Index of the picture among the inputs, or -1.</summary>
    private static int Picture(PlanStep step)
    {
        for (var i = 0; i < step.Inputs.Length; i++)
        {
            if (step.Inputs[i].Spec.Kind == InputKind.Picture)
                return i;
        }

        return -1;
    }

    /// <summary>What a minion finds wrong with a request of ours is our fault, not the client's.</summary>
    private Failure FailureOf(Exception error, RequestScope scope)
    {
        if (error is FailureException { Failure: var failure })
        {
            return failure.Kind is FailureKind.Invalid or FailureKind.NotFound
                ? Failure.Internal(Reasons.ModelFailed, failure.Message)
                : failure;
        }

        log.Unforeseen(scope.Id, error);
        return Failure.Internal(Reasons.Internal, "an unforeseen fault; the coordinator's log tells more");
    }

    private double Since(long timestamp) => time.GetElapsedTime(timestamp).TotalMilliseconds;
}
