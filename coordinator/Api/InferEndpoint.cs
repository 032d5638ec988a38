using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Errors;

namespace Espresso.Coordinator.Api;

/// <summary><c>POST /v1/infer</c>: through the gate, read, run, write.</summary>
internal sealed class InferEndpoint(
    RequestGate gate, RequestReader reader, InferencePipeline pipeline, CoordinatorOptions options, CoordinatorMetrics metrics, TimeProvider time)
{
    public async Task Handle(HttpContext http)
    {
        var arrived = time.GetTimestamp();
        if (!gate.TryEnter(out var ticket, out var refusal))
        {
            metrics.Answered(refusal.Kind.ToString(), refusal.Reason, time.GetElapsedTime(arrived));
            await Problems.Write(http, refusal);
            return;
        }

        using var place = ticket;
        InferenceRequest request;
        try
        {
            request = await reader.Read(http, ticket);
        }
        catch (Exception error)
        {
            var failure = http.RequestAborted.IsCancellationRequested ? Failure.Cancelled("the client went away") : Problems.FailureOf(error);
            metrics.Answered(failure.Kind.ToString(), failure.Reason, time.GetElapsedTime(arrived));
            throw; // the edge makes a problem document of it
        }

        using (request)
        {
            var reply = await pipeline.Run(request, finished: null, http.RequestAborted);
            // A client that does not read would hold the request's memory for as long as it likes.
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.TransferSeconds), time);
            await using var broken = late.Token.Register(static state => ((HttpContext)state!).Abort(), http);
            await ReplyWriter.Write(http, request, reply, http.RequestAborted);
        }
    }
}
