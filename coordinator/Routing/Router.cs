using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Coordinator.Routing;

/// <summary>Calls the replica that is forecast to finish first, and once another one where the first is gone or full.</summary>
internal sealed class Router(ReplicaRegistry registry, CoordinatorMetrics metrics, TimeProvider time, ILogger<Router> log)
{
    private const int Attempts = 2;

    /// <param name="what">For messages: "depth@0.1", "preprocessor".</param>
    /// <param name="candidates">Who could serve, looked up anew for each attempt.</param>
    /// <param name="request">Its payloads stay the caller's.</param>
    /// <returns>The reply, kept by the request's memory, and who gave it.</returns>
    /// <exception cref="FailureException">The last attempt's failure, or the request's own end.</exception>
    public async Task<(PayloadMessage<TReply> Reply, Replica Replica)> Call<TRequest, TReply>(
        string what, Func<MeshSnapshot, ReplicaPool?> candidates,
        Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> method, PayloadMessage<TRequest> request, RequestScope scope)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        Replica? tried = null;
        var failure = Failure.Unavailable(Reasons.NoReplica, $"{what} has no live replica now");
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (scope.Over is { } over)
                throw new FailureException(over);
            if (candidates(registry.Now)?.Enter(tried?.State, bucket: null, time.Uptime(), Random.Shared) is not { } replica)
                break;
            if (tried is not null)
            {
                log.FailedOver(scope.Id, failure.Message);
                metrics.FailedOver(what);
            }

            try
            {
                var reply = await replica.Call(method, request, new CallOptions(deadline: scope.Deadline, cancellationToken: scope.Stop));
                return (scope.Memory.Keep(reply), replica);
            }
            catch (RpcException error)
            {
                RequestMemory.Distrust(request.Payloads);
                failure = scope.Over ?? FailureOf(error, replica);
                if (!IsWorthAnother(error))
                    break;
                tried = replica;
            }
            finally
            {
                replica.Exit();
            }
        }

        throw new FailureException(failure);
    }

    /// <summary>Gone, or full: another replica may well be neither. A call that broke inside the transport counts as gone.</summary>
    private static bool IsWorthAnother(RpcException error) => error.StatusCode == StatusCode.ResourceExhausted || IsGone(error);

    /// <summary>Nobody here cancels but the request's own end, so a cancelled call was reset from the other side.</summary>
    private static bool IsGone(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled || error.Status.DebugException is HttpRequestException or IOException;

    private static Failure FailureOf(RpcException error, Replica replica) => IsGone(error)
        ? Failure.Unavailable(Reasons.UpstreamFailed, $"{replica} broke off: {error.Status.Detail}")
        : error.ToFailure();
}
