using System.Net;
using System.Threading.Channels;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Lifecycle;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Proto = Espresso.Protos.Registry;

namespace Espresso.Coordinator.Registry;

/// <summary>The leases by which replicas join: a stream's end, or silence for longer than the expiry, is the replica's end.</summary>
[BindServiceMethod(typeof(LeaseService), nameof(Bind))]
internal sealed class LeaseService(
    ReplicaRegistry registry, RequestGate gate, TrafficBook traffic, CoordinatorOptions options, Drain drain, TimeProvider time, ILogger<LeaseService> log)
    : Proto.Registry.RegistryBase
{
    /// <summary>Of a report: a manifest and the files that it names, of a mebibyte each.</summary>
    public const int MostBytes = 8 << 20;

    /// <summary>An expiry that comes later than that tells of a pause here, not of the member: what it sent meanwhile is still to be read.</summary>
    private static readonly TimeSpan OwnPause = TimeSpan.FromMilliseconds(100);

    public static void Bind(ServiceBinderBase binder, Proto.Registry.RegistryBase? service) => Proto.Registry.BindService(new StrictBinder(binder), service);

    public override Task Lease(IAsyncStreamReader<LeaseReport> requestStream, IServerStreamWriter<LeaseGrant> responseStream, ServerCallContext context) =>
        Hold(requestStream, responseStream, context.GetHttpContext().Connection.RemoteIpAddress, context.CancellationToken);

    internal async Task Hold(
        IAsyncStreamReader<LeaseReport> reports, IServerStreamWriter<LeaseGrant> grants, IPAddress? peer, CancellationToken aborted)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, drain.LeasesEnd);
        var (first, why, silent) = await Next(reports, ended.Token);
        if (first is null)
            throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, $"no registration came: {why}"));

        var replica = Registrations.Open(first.Registration, peer, 3 * TimeSpan.FromMilliseconds(options.LeaseReportMs));
        var heard = News(first, replica);
        if (registry.Join(replica, heard is null ? null : () => traffic.Take(heard)) is { } refusal)
        {
            replica.Retire();
            log.Refused(replica, refusal.Message);
            throw new FailureException(refusal);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        var outbox = Channel.CreateUnbounded<LeaseGrant>(new() { SingleReader = true });
        var (sent, greeted, released) = (Send(outbox.Reader, grants, over.Token), Greet(replica, over.Token), Task.CompletedTask);
        var drained = false;
        traffic.Changed += Tell;
        try
        {
            var report = first;
            Grant(replica.Manifest is { } manifest && traffic.Of(manifest.Model).State is { } state && !state.Equals(heard) ? state : null);
            while (report is not null)
            {
                if (registry.Report(replica, report.Load ?? replica.Load, report.Draining))
                    released = Release(replica, Drained, over.Token);
                if (registry.IsLeftOver(replica))
                    break; // its process joins again
                (report, why, silent) = await Next(reports, ended.Token);
                if (News(report, replica) is not { } news)
                    continue;
                heard = news;
                traffic.Take(news);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            why = "the connection broke";
        }
        finally
        {
            traffic.Changed -= Tell;
            registry.Leave(replica, drained ? "it has drained" : why, silent);
            await over.CancelAsync();
            await Past(greeted);
            await Past(released);
            await Past(sent); // nothing is written to a stream that has ended
        }

        void Tell(object? book, TrafficNews news)
        {
            if (news.State.Model == replica.Manifest?.Model && !news.State.Equals(heard))
                Grant(news.State);
        }

        void Drained()
        {
            drained = true; // before it is told so, and goes
            Grant(null, released: true);
        }

        void Grant(TrafficState? state, bool released = false) => outbox.Writer.TryWrite(new LeaseGrant
        {
            Coordinator = CoordinatorName.Own,
            ExpiryMs = (uint)options.LeaseExpiryMs,
            ReportEveryMs = (uint)options.LeaseReportMs,
            Released = released,
            Traffic = state,
        });
    }

    /// <summary>A stream takes one message at a time.</summary>
    private static async Task Send(ChannelReader<LeaseGrant> outbox, IServerStreamWriter<LeaseGrant> grants, CancellationToken over)
    {
        await foreach (var grant in outbox.ReadAllAsync(over))
            await grants.WriteAsync(grant, over);
    }

    /// <summary>What a report brings of its member's own model's traffic.</summary>
    private static TrafficState? News(LeaseReport? report, Replica replica) =>
        report?.Traffic is { } state && state.Model == replica.Manifest?.Model ? state : null;

    /// <summary>Lets a replica go that drains, and tells it when nothing is on its way there and nothing will be.</summary>
    /// <remarks>It is in no new plan. Requests that were planned on it go to others, or, where it was the last of its kind, still to it.</remarks>
    private async Task Release(Replica replica, Action confirm, CancellationToken over)
    {
        if (!registry.IsReplaced(replica))
            await gate.Past().WaitAsync(over);
        replica.Retire();
        await replica.Closed.WaitAsync(over);
        confirm();
    }

    private async Task Greet(Replica replica, CancellationToken over)
    {
        try
        {
            await replica.Greet(over);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && !over.IsCancellationRequested)
        {
            log.Unreachable(replica, error.Status.Detail);
        }
        catch (Exception error) when (error is RpcException or ObjectDisposedException)
        {
            // It answered, with whatever; or it has gone.
        }
    }

    private static async Task Past(Task confirmed)
    {
        try
        {
            await confirmed;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // the lease ended first
        }
    }

    /// <summary>The next report, or null and why there is none, and whether that is because nothing was heard.</summary>
    private async Task<(LeaseReport? Report, string Why, bool Silent)> Next(IAsyncStreamReader<LeaseReport> reports, CancellationToken ended)
    {
        var next = reports.MoveNext(CancellationToken.None);
        try
        {
            return await Within(next, TimeSpan.FromMilliseconds(options.LeaseExpiryMs), ended)
                ? (reports.Current, "", false)
                : (null, "it ended its lease", false);
        }
        catch (TimeoutException)
        {
            // Returning ends the call and with it the read; its outcome interests nobody.
            _ = next.ContinueWith(static read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return (null, $"no report for {options.LeaseExpiryMs} ms", true);
        }
        catch (OperationCanceledException) when (drain.LeasesEnd.IsCancellationRequested)
        {
            _ = next.ContinueWith(static read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return (null, "this coordinator stops", false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return (null, "the connection broke", false);
        }
    }

    /// <summary>Waits for a read, and after a pause of this process for one report interval more.</summary>
    /// <exception cref="TimeoutException">Nothing came, though there was somebody here to hear it.</exception>
    private async Task<bool> Within(Task<bool> read, TimeSpan limit, CancellationToken ended)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            try
            {
                return await read.WaitAsync(limit, time, ended);
            }
            catch (TimeoutException) when (time.GetElapsedTime(began) > limit + OwnPause)
            {
                limit = TimeSpan.FromMilliseconds(options.LeaseReportMs);
            }
        }
    }
}
