using System.Collections.Immutable;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Routing;
using Espresso.Coordinator.Sharing;
using Espresso.Manifests;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>What a minion made of a step.</summary>
/// <param name="Inputs">In the order of the step's inputs.</param>
/// <param name="Timings">The run's part of them.</param>
internal sealed record Inferred(ModelAnswer Answer, ImmutableArray<PlacedTensor> Inputs, StepTimings Timings, string Replica);

/// <summary>One model version's run: its inputs are made, and the minion is called. Identical runs at one time are one.</summary>
internal sealed class ModelRunner(
    Router router, Preprocessing preprocessing, LearnedCosts costs, CoordinatorOptions options, CoordinatorMetrics metrics, TimeProvider time)
{
    private readonly Flights<string, Inferred> _flights = new(whileHeld: false, () => metrics.Shared("inference"));

    /// <param name="scope">The request's own, or its part for this hop.</param>
    /// <returns>Whether another request had begun it.</returns>
    /// <exception cref="Errors.FailureException">It failed, or the request's end came first.</exception>
    public async Task<(Inferred Inferred, bool Shared)> Run(PlanStep step, RequestRun run, RequestScope scope)
    {
        if (!run.Request.Shared)
            return (await Infer(step, run, scope), false);
        var (inferred, led) = await _flights.Join(IdentityOf(step, run).Text, scope, Lead, () => run.Slots.Release(step.Index));
        return (inferred, !led);

        // A slot stands for work at the minion: one for all who share it, for as long as it runs, whoever of them is still there.
        async Task<Inferred> Lead(RequestScope flight)
        {
            using var slot = run.Slots.Lend(step.Index);
            return await Infer(step, run, flight);
        }
    }

    public static RunIdentity IdentityOf(PlanStep step, RequestRun run) =>
        RunIdentity.Of(step, run.Request, run.Caller, provided => run.Steps[provided.Step].Outcome.Result.Identity); // it has ended: Need waited

    private async Task<Inferred> Infer(PlanStep step, RequestRun run, RequestScope scope)
    {
        step.Version.Load.Ask();
        var began = time.GetTimestamp();
        ImmutableArray<PlacedTensor> inputs = [.. await Task.WhenAll(step.Inputs.Select(input => Tensor(input, run, scope)))];
        var resampleMs = step.Wave == 0 ? 0 : Since(began);

        var called = time.GetTimestamp();
        var request = ModelCall.ToRequest(step, inputs, scope.Id, run.Caller, options.Tenants.Of(run.Caller));
        var (reply, server) = await router.Call(step.Key.ToString(), mesh => mesh.Find(step.Key)?.Pool, PayloadMethods.ModelInfer, request, scope);
        var answer = ModelCall.Read(step, reply, inputs[Math.Max(0, Picture(step))]);
        var timings = answer.Timings with { ResampleMs = resampleMs, CallMs = Since(called) };
        costs.Run(step.Key).Measure(Math.Max(0, resampleMs + timings.CallMs - timings.QueueMs));
        return new Inferred(answer, inputs, timings, server.Id);
    }

    private async Task<PlacedTensor> Tensor(StepInput input, RequestRun run, RequestScope scope)
    {
        if (input is not ProvidedInput provided)
            return await preprocessing.Tensor(input, run.Pictures, run.Request, scope);
        var outcome = await run.Steps[provided.Step].Outcome; // there is an answer, or this step would not run
        return await preprocessing.Resample(outcome.Output(provided.Output.As)!, provided.Target, scope);
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

    private double Since(long timestamp) => time.GetElapsedTime(timestamp).TotalMilliseconds;
}
