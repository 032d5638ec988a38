using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Planning;
using Espresso.Errors;

namespace Espresso.Coordinator.Traffic;

/// <summary>Runs shadow versions on requests whose answers have gone, and compares their tensors with the answers'.</summary>
/// <remarks>
/// Never in an answer's way: it begins when the reply has left, as a caller of its own in the batch class, which admission and the minions'
/// queues put behind all others. Bounded: so many at a time, holding so many bytes; what does not fit is not run, and counted.
/// </remarks>
internal sealed class ShadowRunner(
    ModelRunner models, AdmissionController admission, TrafficBook book, CoordinatorMetrics metrics, TimeProvider time, ILogger<ShadowRunner> log)
{
    private const int MostAtOnce = 4;
    private const long MostBytes = 64 << 20;

    private static readonly Caller Account = new("shadow", RequestClass.Batch);

    private readonly Lock _gate = new();
    private int _running;
    private long _bytes;

    /// <summary>Takes what the request's shadows need, while it is still there.</summary>
    public void Offer(RequestRun run)
    {
        foreach (var step in run.Steps)
        {
            if (step.Step.Shadow is not { } shadow || step.Outcome.Result is not { Inferred: { } inferred, Step: var answered } || answered != step.Step)
                continue;
            var bytes = run.Request.Image.Length + run.Plan.TensorBytes + shadow.TensorBytes + inferred.Answer.Tensors.Sum(tensor => (long)tensor.Data.Length);
            if (!TryHold(bytes))
            {
                Tell(shadow.Steps[0], "skipped");
                continue;
            }

            var memory = run.Request.Memory.Hold();
            run.Request.WhenGone(() => _ = Run(shadow, answered, inferred, run, memory, bytes));
        }
    }

    private async Task Run(Plan shadow, PlanStep answered, Inferred answer, RequestRun run, IDisposable memory, long bytes)
    {
        var step = shadow.Steps[0];
        var status = "ok";
        try
        {
            var patience = TimeSpan.FromMilliseconds(step.Manifest.Serving.DeadlineMs);
            using var scope = new RequestScope(run.Request, patience, patience, time, CancellationToken.None);
            if (!admission.TryAdmit(shadow.Alone, patience, Account, out var slot, out _))
            {
                status = "skipped";
                return;
            }

            using var reservation = slot;
            var (inferred, _) = await models.Run(step, run with { Scope = scope, Slots = slot, Caller = Account }, scope);
            Compare(answered, answer, step, inferred);
        }
        catch (Exception error)
        {
            status = "failed";
            if (error is not FailureException)
                log.Unforeseen(run.Request.Id, error);
        }
        finally
        {
            Tell(step, status);
            memory.Dispose();
            Release(bytes);
        }
    }

    private void Compare(PlanStep answered, Inferred answer, PlanStep step, Inferred inferred)
    {
        for (var i = 0; i < answered.Outputs.Length; i++)
        {
            var name = answered.Outputs[i].As;
            var other = step.Outputs.TakeWhile(output => output.As != name).Count();
            var difference = other == step.Outputs.Length
                ? null
                : TensorComparison.Compare(answered.Outputs[i], answer.Answer.Tensors[i], step.Outputs[other], inferred.Answer.Tensors[other]);
            book.Of(step.Key.Model).Shadow.Add(name, difference);
            if (difference is { } found)
                metrics.ShadowCompared(step.Key, name, found);
        }
    }

    private void Tell(PlanStep step, string status)
    {
        var figures = book.Of(step.Key.Model).Shadow;
        if (status == "ok")
            figures.Ran();
        else if (status == "failed")
            figures.Fail();
        else
            figures.Skip();
        metrics.Shadowed(step.Key, status);
    }

    private bool TryHold(long bytes)
    {
        lock (_gate)
        {
            if (_running == MostAtOnce || _bytes + bytes > MostBytes)
                return false;
            _running++;
            _bytes += bytes;
            return true;
        }
    }

    private void Release(long bytes)
    {
        lock (_gate)
        {
            _running--;
            _bytes -= bytes;
        }
    }
}
