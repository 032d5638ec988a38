using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Coordinator.Routing;

/// <summary>Calls the replica that is forecast to finish first, and another one where that is gone, full or silent.</summary>
/// <remarks>
/// A call that fails goes to another replica within the deadline and the retry budget. A call that outlasts the version's p95 is made a second
/// time where hedging is on; the first answer counts and the other call is cancelled. Every end of a call is told to its replica's health.
/// </remarks>
/// <param name="random">Chooses among replicas; asked by several threads at once.</param>
internal sealed class Router(ReplicaRegistry registry, CoordinatorMetrics metrics, TimeProvider time, Random random, ILogger<Router> log)
{
    private const int Attempts = 3;

    /// <summary>A call is late without need if it was forecast to take no more than this share of its time.</summary>
    private const double EasilyInTime = 0.5;

    /// <param name="what">For messages: "depth@0.1", "preprocessor".</param>
    /// <param name="candidates">Who could serve, looked up anew for each attempt.</param>
    /// <param name="request">Its payloads stay the caller's.</param>
    /// <param name="bucket">Of the items' shape, as cost tables name it; null: the only one.</param>
    /// <returns>The reply, kept by the request's memory, and who gave it.</returns>
    /// <exception cref="FailureException">The last attempt's failure, or the request's own end.</exception>
    public async Task<(PayloadMessage<TReply> Reply, Replica Replica)> Call<TRequest, TReply>(
        string what, Func<MeshSnapshot, ReplicaPool?> candidates,
        Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> method, PayloadMessage<TRequest> request, RequestScope scope, string? bucket = null)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        candidates(registry.Now)?.Route.Earn();
        var (failure, tried, paid) = (Failure.Unavailable(Reasons.NoReplica, $"{what} has no live replica now"), (Replica?)null, false);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (scope.Over is { } over)
                throw new FailureException(over);
            if (candidates(registry.Now) is not { } pool)
                break;
            if (tried is not null && !paid && pool.HasOpen(tried.State) && !pool.Route.Retries.TrySpend(time.Uptime()))
            {
                metrics.RetryDenied(what);
                break;
            }

            Replica? replica;
            while ((replica = pool.Enter(tried?.State, bucket, time.Uptime(), random)) is null
                && candidates(registry.Now) is { } newer && newer != pool)
                pool = newer; // who was to be asked has left just now, and who comes in his place has joined
            if (replica is null)
                break;
            if (tried is not null)
            {
                log.FailedOver(scope.Id, failure.Message);
                metrics.FailedOver(what, failure.Reason);
            }

            var send = new Sending<TRequest, TReply>(what, pool, method, request, scope, bucket, MayRetry: attempt < Attempts);
            var outcome = pool.Route.MayHedge && attempt == 1 ? await SendHedged(send, replica) : await Send(send, replica, CancellationToken.None);
            if (outcome.Reply is { } reply)
                return (scope.Memory.Keep(reply), outcome.Replica);
            failure = outcome.Failure!;
            if (!outcome.IsWorthAnother)
                break;
            (tried, paid) = (outcome.Replica, outcome.IsPaid);
        }

        throw new FailureException(failure);
    }

    /// <summary>One call, or two if the first takes longer than nearly all others did; both have ended when this does.</summary>
    private async Task<CallOutcome<TReply>> SendHedged<TRequest, TReply>(Sending<TRequest, TReply> send, Replica replica)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        if (send.Pool.Route.Latency.P95 is not { } p95)
            return await Send(send, replica, CancellationToken.None);
        using var firstLoses = new CancellationTokenSource();
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(send.Scope.Stop);
        var patience = Task.Delay(p95, time, answered.Token);
        var first = Send(send, replica, firstLoses.Token);
        await Task.WhenAny(first, patience);
        if (first.IsCompleted || send.Scope.Over is not null || !send.Pool.HasOther(replica.State, time.Uptime())
            || !send.Pool.Route.Hedges.TrySpend(time.Uptime())
            || send.Pool.Enter(replica.State, send.Bucket, time.Uptime(), random) is not { } other)
        {
            await answered.CancelAsync();
            return await first;
        }

        using var secondLoses = new CancellationTokenSource();
        var second = Send(send, other, secondLoses.Token);
        var faster = await Task.WhenAny(first, second);
        var (slower, loses) = faster == first ? (second, secondLoses) : (first, firstLoses);
        var outcome = await faster;
        if (outcome.Reply is null)
        {
            var last = await slower; // a failure wins nothing
            outcome = last.Reply is null ? await first : last;
        }
        else
        {
            RequestMemory.Distrust(send.Request.Payloads); // the loser may still be sending them
            await loses.CancelAsync();
            (await slower).Reply?.Dispose();
        }

        metrics.Hedged(send.What, outcome.Reply is null ? "none" : outcome.Replica == replica ? "first" : "second");
        return outcome;
    }

    /// <summary>One call to a replica that was entered, from here to its exit.</summary>
    /// <param name="loses">Another call has answered.</param>
    private async Task<CallOutcome<TReply>> Send<TRequest, TReply>(Sending<TRequest, TReply> send, Replica replica, CancellationToken loses)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        var (began, scope) = (time.Uptime(), send.Scope);
        var left = scope.Left;
        var forecast = replica.State.ForecastFinish(send.Bucket, 0, began);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(scope.Stop, loses);
        using var watch = new SilenceWatch(replica, () => MayLeave(send, replica), stop, left / 2, time);
        var end = CallEnd.NoWord;
        var why = "";
        try
        {
            var reply = await replica.Call(send.Method, send.Request, new CallOptions(deadline: scope.Deadline, cancellationToken: stop.Token), registry.Hear);
            end = CallEnd.Answered;
            send.Pool.Route.Latency.Record(time.Uptime() - began);
            return new CallOutcome<TReply>(replica, reply, null);
        }
        catch (RpcException error)
        {
            RequestMemory.Distrust(send.Request.Payloads);
            var (failure, isWorthAnother) = (FailureOf(error, replica), IsWorthAnother(error));
            end = EndOf(error);
            if (watch.HasLeft)
                (end, failure, isWorthAnother) = (CallEnd.Failed, Failure.Unavailable(Reasons.UpstreamFailed, $"{replica} is silent"), true);
            else if (scope.Over is { } over)
                (end, failure, isWorthAnother) = (over.Kind == FailureKind.Late && forecast < left * EasilyInTime ? CallEnd.Failed : CallEnd.NoWord, over, false);
            if (loses.IsCancellationRequested && !watch.HasLeft)
                end = CallEnd.NoWord;
            why = failure.Message;
            return new CallOutcome<TReply>(replica, null, failure, isWorthAnother, IsPaid: watch.HasLeft);
        }
        finally
        {
            if (send.Pool.Ended(replica.State, end, time.Uptime()))
            {
                log.Ejected(replica, send.What, why);
                metrics.Ejected(send.What);
            }

            replica.Exit();
        }
    }

    private bool MayLeave<TRequest, TReply>(Sending<TRequest, TReply> send, Replica replica)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        if (!send.MayRetry || !send.Pool.HasOther(replica.State, time.Uptime()))
            return false;
        if (send.Pool.Route.Retries.TrySpend(time.Uptime()))
            return true;
        metrics.RetryDenied(send.What);
        return false;
    }

    private static bool IsWorthAnother(RpcException error) => error.StatusCode == StatusCode.ResourceExhausted || IsGone(error);

    /// <summary>
    /// Cancelled without anybody here having done so: reset from the other side. A call that broke inside the transport counts, too, and one to a
    /// server that knows nothing of the model or the call: somebody else has the replica's address.
    /// </summary>
    private static bool IsGone(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.NotFound or StatusCode.Unimplemented
        || error.Status.DebugException is HttpRequestException or IOException;

    private static CallEnd EndOf(RpcException error) => error.StatusCode switch
    {
        StatusCode.ResourceExhausted => CallEnd.Refused,
        _ when IsGone(error) => CallEnd.Failed,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss => CallEnd.Failed,
        StatusCode.DeadlineExceeded => CallEnd.NoWord,
        _ => CallEnd.Answered, // that the request is wrong is an answer
    };

    private static Failure FailureOf(RpcException error, Replica replica) => IsGone(error)
        ? Failure.Unavailable(Reasons.UpstreamFailed, $"{replica} broke off: {error.Status.Detail}")
        : error.ToFailure();

    /// <summary>What all calls of one attempt share.</summary>
    /// <param name="MayRetry">This is not the last attempt.</param>
    private sealed record Sending<TRequest, TReply>(
        string What, ReplicaPool Pool, Method<PayloadMessage<TRequest>, PayloadMessage<TReply>> Method,
        PayloadMessage<TRequest> Request, RequestScope Scope, string? Bucket, bool MayRetry)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>;
}
