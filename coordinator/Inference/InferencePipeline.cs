using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Telemetry;

namespace Espresso.Coordinator.Inference;

/// <summary>A request's way through the mesh, once an edge has read it:</summary>
/// <remarks>
/// 1. plan: names become versions (pinned, default or canary), and a graph of steps with the tensors that they need;
/// 2. admit: a slot on every model version of the plan and room for its tensors, or a refusal, before a byte is decoded; a version that is
///    full gives way to its fallback;
/// 3. preprocess: one decode gives all tensors of the picture, another those of the client's mask; identical ones in flight share it;
/// 4. fan out: each step calls its minion as soon as its inputs are there, in parallel; where it fails, its fallback runs in its place, and
///    where a required one fails, the others are cancelled at once;
/// 5. encode: each requested answer becomes picture files, names and numbers, and is handed on as it finishes;
/// 6. merge: the results in one reply. A request succeeds if one requested model did, and every required one.
/// What runs in a shadow waits until the reply has left (<see cref="ShadowRunner"/>).
/// The deadline is one budget: each of 3, 4 and 5 gets what is left but for what must come after it, and is not started where that cannot do.
/// </remarks>
internal sealed class InferencePipeline(
    ReplicaRegistry registry, AdmissionController admission, Preprocessing preprocessing, StepRunner steps, LearnedCosts costs, TrafficBook traffic, ShadowRunner shadows,
    CoordinatorOptions options, CoordinatorMetrics metrics, TimeProvider time, ILogger<InferencePipeline> log)
{
    /// <param name="finished">Called with each result as it finishes, several at a time; gives back what the client was told. Null: nobody wants them singly.</param>
    /// <param name="aborted">The client went away: everything that runs for it is cancelled.</param>
    /// <param name="unfit">Why a reply of success cannot be told over the wire; null: it can.</param>
    public async Task<InferenceReply> Run(
        InferenceRequest request, Func<StepResult, Task<StepResult>>? finished, CancellationToken aborted, Func<InferenceReply, Failure?>? unfit = null)
    {
        Activity.Current?.SetTag("espresso.request", request.Id);
        var reply = await Answer(request, finished, aborted);
        reply = reply with { TotalMs = time.GetElapsedTime(request.Arrived).TotalMilliseconds };
        if (reply.Failure is null)
            reply = reply with { Failure = unfit?.Invoke(reply) };
        metrics.Answered(reply.Failure?.Kind.ToString() ?? "Ok", reply.Failure?.Reason ?? "", TimeSpan.FromMilliseconds(reply.TotalMs));
        log.Answered(request.Id, reply.Results.Length, reply.TotalMs, reply.Failure?.Reason ?? "ok");
        return reply;
    }

    private async Task<InferenceReply> Answer(InferenceRequest request, Func<StepResult, Task<StepResult>>? finished, CancellationToken aborted)
    {
        var received = time.GetElapsedTime(request.Arrived).TotalMilliseconds;

        // 1. Plan, and 2. admit
        var began = time.GetTimestamp();
        var versions = traffic.For(request.Key ?? request.Id);
        if (!TryPlan(request, versions, out var plan, out var failure))
            return InferenceReply.ForFailure(failure);
        var reply = new InferenceReply { ReceiveMs = received, PlanMs = Since(began) };
        var total = request.Deadline ?? plan.DefaultDeadline;
        var budget = request.Deadline is null ? total : total - time.GetElapsedTime(request.Arrived);
        if (budget <= TimeSpan.Zero)
            return reply with { Failure = Failure.Late("the deadline passed before the request was there") };
        Reservation? slots;
        while (!TryAdmit(request, ref plan, versions, budget, out slots, out failure))
        {
            if (plan.IsIn(registry.Now))
                return reply with { Failure = failure };
            if (!TryPlan(request, versions, out plan, out failure)) // a version has gone just now; its name may mean another one
                return reply with { Failure = failure };
        }

        using var reservation = slots;
        using var scope = new RequestScope(request, total, budget, time, aborted);

        // 3. Preprocess
        began = time.GetTimestamp();
        var shares = new GraphBudget(plan, costs);
        Pictures pictures;
        try
        {
            using var part = scope.Within(shares.ForDecode(scope.Left));
            pictures = await preprocessing.Decode(request, plan, part ?? scope);
            if (!pictures.Shared)
                costs.Decode.Measure(Since(began));
        }
        catch (FailureException error)
        {
            return reply with { Failure = error.Failure };
        }

        reply = reply with
        {
            PreprocessMs = Since(began),
            Format = pictures.Format,
            Width = pictures.Width,
            Height = pictures.Height,
        };

        // 4. and 5. Fan out, and encode
        var run = new RequestRun(request, plan, versions, scope, pictures, shares, slots);
        foreach (var step in plan.Steps)
            run.Steps.Add(steps.Start(step, run));
        var results = await Task.WhenAll(run.Steps.Select(step => HandOn(step.Result, finished)));

        shadows.Offer(run);

        // 6. Merge
        return Merge(reply, [.. results, .. plan.LeftOut.Select(LeftOut)]);
    }

    private bool TryPlan(InferenceRequest request, VersionChoice versions, [NotNullWhen(true)] out Plan? plan, [NotNullWhen(false)] out Failure? failure)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("plan");
        var mesh = registry.Now;
        if (!Planner.TryPlan(request.Models, request.Mask is not null, mesh, options.MaxModels, out plan, out failure, versions))
            return false;
        if (mesh.LivePreprocessors.IsEmpty)
            failure = Failure.Unavailable(Reasons.NoReplica, "there is no live preprocessor now");
        return failure is null;
    }

    /// <param name="plan">Becomes one with fallbacks where it is refused, and one of those is not.</param>
    private bool TryAdmit(
        InferenceRequest request, ref Plan plan, VersionChoice versions, TimeSpan budget, [NotNullWhen(true)] out Reservation? slots, [NotNullWhen(false)] out Failure? refusal)
    {
        using var activity = EspressoTelemetry.Source.StartActivity("admit");
        var sharing = request.Shared ? request : null;
        if (!admission.TryAdmit(plan, budget, request.Caller, out slots, out refusal, sharing))
        {
            var refused = plan;
            foreach (var other in Planner.Fallbacks(plan, refusal, request.Mask is not null, registry.Now, versions))
            {
                if (admission.TryAdmit(other, budget, request.Caller, out slots, out _, sharing))
                {
                    plan = other;
                    break;
                }
            }

            // Runs ask for themselves; what is refused asks here: for that, too, more replicas are needed.
            foreach (var step in refused.Steps)
            {
                if (slots is null || !plan.Runs(step.Key))
                    step.Version.Load.Ask();
            }

            if (slots is null)
                return false;
        }

        if (request.Ticket.TryHold(plan.TensorBytes, out refusal))
            return true;
        slots.Dispose();
        return false;
    }

    private static async Task<StepResult> HandOn(Task<StepResult> running, Func<StepResult, Task<StepResult>>? finished)
    {
        var result = await running;
        return finished is null ? result : await finished(result);
    }

    private static StepResult LeftOut(LeftOut left) =>
        new(left.Key, Requested: true, StepStatus.Skipped, left.Why, [], new StepTimings(), Replica: "");

    private static InferenceReply Merge(InferenceReply reply, ImmutableArray<StepResult> results)
    {
        var requested = results.Where(result => result.Requested).ToList();
        return reply with
        {
            Results = results,
            Failure = requested.Find(result => result is { Required: true, Failure: not null, Failure.Reason: not Reasons.RequiredFailed }) is { } required
                ? required.Failure! with { Message = $"{required.Key}: {required.Failure!.Message}" }
                : requested.Exists(result => result.Status == StepStatus.Ok) ? null : Worst(requested),
        };
    }

    /// <summary>Of several failures the one that says most about the mesh: ours before overload, overload before the client's.</summary>
    private static Failure Worst(List<StepResult> failed)
    {
        var worst = failed.MaxBy(result => result.Failure!.Kind)!;
        return failed.Count == 1
            ? worst.Failure! with { Message = $"{worst.Key}: {worst.Failure!.Message}" }
            : worst.Failure! with { Message = $"none of {failed.Count} models succeeded; {worst.Key}: {worst.Failure!.Message}" };
    }

    private double Since(long timestamp) => time.GetElapsedTime(timestamp).TotalMilliseconds;
}
