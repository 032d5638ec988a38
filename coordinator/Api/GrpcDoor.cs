using Espresso.Coordinator.Admission;
using Espresso.Errors;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Espresso.Coordinator.Api;

/// <summary>The gate for pictures that come over gRPC.</summary>
/// <remarks>
/// gRPC reads a whole message before any handler of ours runs, so a handler is too late to say no: calls that stall, and the spike that the gate
/// is there for, would pile up in front of it. The call enters before its body is read, and the body counts while it comes.
/// </remarks>
internal sealed class GrpcDoor(RequestDelegate next, RequestGate gate, CoordinatorOptions options, CoordinatorMetrics metrics, TimeProvider time)
{
    /// <summary>Of a question that is no request: it has no fields.</summary>
    private const int MostQuestionBytes = 4 << 10;

    public async Task Invoke(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } call || call.ServiceType != typeof(CoordinatorService))
        {
            await next(http);
            return;
        }

        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.TransferSeconds), time);
        if (call.Method.Name == nameof(CoordinatorService.ListModels))
        {
            Guard(http, null, null, MostQuestionBytes, static why => why.ToRpcException(), late.Token);
            await next(http);
            return;
        }

        var arrived = time.GetTimestamp();
        if (gate.TryEnter(out var ticket, out var refusal))
        {
            http.Response.RegisterForDispose(ticket); // when the reply has left
            http.Features.Set(ticket);
        }

        var counted = false;
        Guard(http, refusal, ticket, GatedBody.MostBytes(options), Refused, late.Token);
        await next(http);
        if (!counted && http.Features.Get<RequestTicket>() is not null) // nobody has taken it: what came is no message, or the client left before
            Count(http.RequestAborted.IsCancellationRequested ? Failure.Cancelled("the client went away") : Failure.Invalid(Reasons.InvalidRequest, "no message"));

        RpcException Refused(Failure why)
        {
            Count(why);
            return why.ToRpcException();
        }

        void Count(Failure why)
        {
            counted = true;
            metrics.Answered(why.Kind.ToString(), why.Reason, time.GetElapsedTime(arrived));
        }
    }

    private void Guard(HttpContext http, Failure? refusal, RequestTicket? ticket, int mostBytes, Func<Failure, RpcException> refused, CancellationToken late) =>
        http.Features.Set<IRequestBodyPipeFeature>(new Body(new GatedBody(http.Request.BodyReader, refusal, ticket, mostBytes, refused, options, late)));

    private sealed record Body(System.IO.Pipelines.PipeReader Reader) : IRequestBodyPipeFeature;
}
