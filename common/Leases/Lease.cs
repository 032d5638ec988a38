using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Espresso.Leases;

/// <summary>One process's membership with one coordinator: joined again and again until it ends.</summary>
internal sealed partial class Lease
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryLast = TimeSpan.FromSeconds(5);

    private readonly ILeaseMember _member;
    private readonly CarriedTraffic _traffic;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Registration _registration;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _drain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drainHeard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _held;
    private volatile bool _joined;
    private bool _warned;

    public Lease(
        Uri address, string id, string host, int port, ILeaseMember member, CarriedTraffic traffic, TimeProvider time, ILogger log,
        CancellationToken cancellation)
    {
        Address = address;
        _member = member;
        _traffic = traffic;
        _time = time;
        _log = log;
        _registration = member.Describe();
        _registration.Id = id;
        _registration.Host = host;
        _registration.Port = (uint)port;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _held = Task.Run(Hold, CancellationToken.None);
    }

    public Uri Address { get; }

    /// <summary>Tells the coordinator that no new work is wanted; completes when it will send nothing any more, or is not there to be told.</summary>
    public Task Drain()
    {
        _drain.TrySetResult();
        return _joined ? _drainHeard.Task : Task.CompletedTask;
    }

    public async Task End()
    {
        await _stop.CancelAsync();
        await _held;
        _stop.Dispose();
    }

    private async Task Hold()
    {
        var wait = RetryFirst;
        try
        {
            while (!_drain.Task.IsCompleted) // who goes does not come back
            {
                try
                {
                    await Join();
                }
                catch (Exception error) when (!_stop.IsCancellationRequested)
                {
                    // Whatever it was (a stream that had ended when it was written to is no RpcException), the process wants back in.
                    wait = _joined ? RetryFirst : wait;
                    if (_joined || !_warned)
                        Ended(_log, Address, (error as RpcException)?.Status.Detail ?? error.Message);
                    _warned = true;
                }

                _joined = false;
                if (_drain.Task.IsCompleted)
                    break;
                await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), _time, _stop.Token);
                wait = wait * 2 < RetryLast ? wait * 2 : RetryLast;
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // the end that was asked for
        }
        finally
        {
            _drainHeard.TrySetResult(); // a lease that ends before it is released has nobody who could release it
        }
    }

    /// <summary>One stream, from the registration to its end, which is always an exception.</summary>
    private async Task Join()
    {
        var stop = _stop.Token;
        using var channel = Channels.Open(Address);
        using var call = new Registry.RegistryClient(channel).Lease(cancellationToken: stop);
        var (told, changed) = _traffic.Look();
        await call.RequestStream.WriteAsync(
            new LeaseReport { Registration = _registration, Load = _member.Report(), Draining = _drain.Task.IsCompleted, Traffic = told }, stop);
        var grant = await Next(call);
        _joined = true;
        _warned = false;
        Granted(_log, grant.Coordinator, Address);

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Clamp(grant.ReportEveryMs, 50, 60_000)), _time);
        var next = Task.FromResult(grant);
        var tick = timer.WaitForNextTickAsync(stop).AsTask();
        Task drain = _drain.Task;
        while (true)
        {
            var first = await Task.WhenAny(next, tick, drain, changed);
            if (first == next)
            {
                grant = await next;
                next = Next(call);
                if (grant.Traffic is { } news)
                {
                    told = news.IsNewerThan(told) ? news : told; // it need not hear its own word
                    _traffic.Take(news);
                }

                if (grant.Released)
                    _drainHeard.TrySetResult();
                continue;
            }

            await first;
            var report = new LeaseReport { Load = _member.Report(), Draining = _drain.Task.IsCompleted };
            if (first == tick)
                tick = timer.WaitForNextTickAsync(stop).AsTask();
            else if (first == drain)
                drain = Task.Delay(Timeout.InfiniteTimeSpan, _time, stop);
            else
                (report.Traffic, changed) = _traffic.Look();
            if (report.Traffic is { } newest)
            {
                if (!newest.IsNewerThan(told))
                    continue;
                told = newest;
            }

            await call.RequestStream.WriteAsync(report, stop);
        }
    }

    private async Task<LeaseGrant> Next(AsyncDuplexStreamingCall<LeaseReport, LeaseGrant> call) =>
        await call.ResponseStream.MoveNext(_stop.Token)
            ? call.ResponseStream.Current
            : throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator ended the lease"));

    [LoggerMessage(1, LogLevel.Information, "joined coordinator {Coordinator} at {Address}")]
    private static partial void Granted(ILogger log, string coordinator, Uri address);

    [LoggerMessage(2, LogLevel.Warning, "no lease with {Address}: {Why}; trying again")]
    private static partial void Ended(ILogger log, Uri address, string why);
}
