using System.Net;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Lifecycle;
using Espresso.Errors;
using Espresso.Protos.Registry;
using Grpc.Core;
using Proto = Espresso.Protos.Registry;

namespace Espresso.Coordinator.Registry;

/// <summary>The leases by which replicas join: a stream's end, or silence for longer than the expiry, is the replica's end.</summary>
internal sealed class LeaseService(
    ReplicaRegistry registry, RequestGate gate, CoordinatorOptions options, Drain drain, TimeProvider time, ILogger<LeaseService> log)
    : Proto.Registry.RegistryBase
{
    private static readonly string Name = $"{Environment.MachineName}-{Environment.ProcessId}";

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
        if (registry.Join(replica) is { } refusal)
        {
            replica.Retire();
            log.Refused(replica, refusal.Message);
            throw new FailureException(refusal);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        var confirmed = Task.CompletedTask;
        try
        {
            var report = first;
            var grant = new LeaseGrant { Coordinator = Name, ExpiryMs = (uint)options.LeaseExpiryMs, ReportEveryMs = (uint)options.LeaseReportMs };
            await grants.WriteAsync(grant, aborted);
            while (report is not null)
            {
                if (registry.Report(replica, report.Load ?? replica.Load, report.Draining))
                    confirmed = Release(replica, grants, grant, over.Token);
                (report, why, silent) = await Next(reports, ended.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            why = "the connection broke";
        }
        finally
        {
            registry.Leave(replica, why, silent);
            await over.CancelAsync();
            await Past(confirmed); // nothing is written to a stream that has ended
        }
    }

    /// <summary>Lets a replica go that drains, and tells it when nothing is on its way there and nothing will be.</summary>
    /// <remarks>It is in no new plan. Requests that were planned on it go to others, or, where it was the last of its kind, still to it.</remarks>
    private async Task Release(Replica replica, IServerStreamWriter<LeaseGrant> grants, LeaseGrant grant, CancellationToken over)
    {
        if (!registry.IsReplaced(replica))
            await gate.Past().WaitAsync(over);
        replica.Retire();
        await replica.Closed.WaitAsync(over);
        await grants.WriteAsync(grant, over);
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
            return await next.WaitAsync(TimeSpan.FromMilliseconds(options.LeaseExpiryMs), time, ended)
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
}
