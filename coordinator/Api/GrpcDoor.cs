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
    public async Task Invoke(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } call
            || call.ServiceType != typeof(CoordinatorService) || call.Method.Name == nameof(CoordinatorService.ListModels))
        {
            await next(http);
            return;
        }

        var arrived = time.GetTimestamp();
        if (gate.TryEnter(out var ticket, out var refusal))
        {
            http.Response.RegisterForDispose(ticket); // when the reply has left
            http.Features.Set(ticket);
        }

        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.TransferSeconds), time);
        http.Features.Set<IRequestBodyPipeFeature>(new Body(new GatedBody(http.Request.BodyReader, ticket, Refused, options, late.Token)));
        await next(http);

        RpcException Refused(Failure? why)
        {
            why ??= refusal!;
            metrics.Answered(why.Kind.ToString(), why.Reason, time.GetElapsedTime(arrived));
            return why.ToRpcException();
        }
    }

    private sealed record Body(System.IO.Pipelines.PipeReader Reader) : IRequestBodyPipeFeature;
}
