using System.Net;
using Espresso.Hosting;
using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espresso.Leases;

/// <summary>Keeps one lease with every coordinator that the configured names resolve to, from ready until the process has drained.</summary>
/// <remarks>
/// Members look for coordinators, never the other way round, so a new model version needs no configuration anywhere else. Names are
/// resolved anew every few seconds: coordinators come and go, too.
/// </remarks>
public sealed partial class LeaseHolder(
    ILeaseMember member, MemberOptions options, ListeningAddresses listening, TimeProvider time, ILogger<LeaseHolder> log) : BackgroundService
{
    private static readonly TimeSpan ResolveEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryLast = TimeSpan.FromSeconds(5);

    private readonly string _id = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";
    private readonly Dictionary<Uri, (Task Task, CancellationTokenSource Stop)> _leases = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await member.Ready.WaitAsync(stoppingToken);
            while (true)
            {
                await Reconcile(stoppingToken);
                await Task.Delay(ResolveEvery, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            foreach (var (_, stop) in _leases.Values)
                await stop.CancelAsync();
            await Task.WhenAll(_leases.Values.Select(lease => lease.Task));
        }
    }

    /// <summary>Opens leases with new addresses, ends those whose address is gone from the names.</summary>
    private async Task Reconcile(CancellationToken cancellation)
    {
        var addresses = new HashSet<Uri>();
        foreach (var name in options.Coordinators.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(name, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            {
                NotAnAddress(log, name);
                continue;
            }

            try
            {
                foreach (var ip in await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellation))
                    addresses.Add(new UriBuilder(uri) { Host = ip.ToString() }.Uri);
            }
            catch (Exception error) when (error is System.Net.Sockets.SocketException or ArgumentException)
            {
                NotResolved(log, uri.DnsSafeHost, error.Message);
                foreach (var known in _leases.Keys) // the resolver's trouble is no reason to leave
                    addresses.Add(known);
            }
        }

        foreach (var address in addresses.Where(address => !_leases.ContainsKey(address)).ToList())
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _leases[address] = (Hold(address, stop.Token), stop);
        }

        foreach (var address in _leases.Keys.Where(address => !addresses.Contains(address)).ToList())
        {
            var (task, stop) = _leases[address];
            await stop.CancelAsync();
            await task;
            stop.Dispose();
            _leases.Remove(address);
        }
    }

    /// <summary>Joins one coordinator again and again until told to stop.</summary>
    private async Task Hold(Uri address, CancellationToken stop)
    {
        await Task.Yield();
        var wait = RetryFirst;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var channel = Channels.Open(address);
                await Join(channel, address, () => wait = RetryFirst, stop);
            }
            catch (Exception error) when (error is RpcException or IOException or OperationCanceledException)
            {
                if (stop.IsCancellationRequested)
                    return;
                LeaseEnded(log, address, (error as RpcException)?.Status.Detail ?? error.Message);
            }

            try
            {
                await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            wait = wait * 2 < RetryLast ? wait * 2 : RetryLast;
        }
    }

    private async Task Join(Grpc.Net.Client.GrpcChannel channel, Uri address, Action joined, CancellationToken stop)
    {
        using var call = new Registry.RegistryClient(channel).Lease(cancellationToken: stop);
        var registration = member.Describe();
        registration.Id = _id;
        registration.Host = options.AdvertiseHost;
        registration.Port = (uint)(options.AdvertisePort > 0 ? options.AdvertisePort : listening.Grpc.Port);
        await call.RequestStream.WriteAsync(new LeaseReport { Registration = registration, Load = member.Report() }, stop);
        if (!await call.ResponseStream.MoveNext(stop))
            throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator closed the lease"));

        var grant = call.ResponseStream.Current;
        joined();
        LeaseGranted(log, grant.Coordinator, address);
        var every = TimeSpan.FromMilliseconds(Math.Clamp(grant.ReportEveryMs, 50, 60_000));
        var ended = call.ResponseStream.MoveNext(stop);
        using var timer = new PeriodicTimer(every, time);
        var tick = timer.WaitForNextTickAsync(stop).AsTask();
        while (true)
        {
            await Task.WhenAny(ended, tick);
            if (ended.IsCompleted)
            {
                await ended; // throws the coordinator's reason, if it gave one
                throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator ended the lease"));
            }

            await tick;
            await call.RequestStream.WriteAsync(new LeaseReport { Load = member.Report(), Draining = member.Draining }, stop);
            tick = timer.WaitForNextTickAsync(stop).AsTask();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "joined coordinator {Coordinator} at {Address}")]
    private static partial void LeaseGranted(ILogger log, string coordinator, Uri address);

    [LoggerMessage(2, LogLevel.Warning, "no lease with {Address}: {Why}; trying again")]
    private static partial void LeaseEnded(ILogger log, Uri address, string why);

    [LoggerMessage(3, LogLevel.Warning, "'{Host}' does not resolve: {Why}; trying again")]
    private static partial void NotResolved(ILogger log, string host, string why);

    [LoggerMessage(4, LogLevel.Error, "'{Name}' in --coordinators is no http address such as http://coordinator:8081")]
    private static partial void NotAnAddress(ILogger log, string name);
}
