using System.Net;
using System.Net.Sockets;
using Espresso.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espresso.Leases;

/// <summary>Keeps one lease with every coordinator that the configured names resolve to, from ready until the process has drained.</summary>
/// <remarks>
/// Members look for coordinators, never the other way round, so a new model version needs no configuration anywhere else. Names are
/// resolved anew every few seconds: coordinators come and go, too. When the process is asked to stop, the coordinators hear it first and let
/// go of it, what is in flight is finished, and only then do the listeners close and the leases end.
/// </remarks>
public sealed partial class LeaseHolder(
    ILeaseMember member, MemberOptions options, ListeningAddresses listening, TimeProvider time, ILogger<LeaseHolder> log)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan ResolveEvery = TimeSpan.FromSeconds(5);

    private readonly string _id = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Dictionary<Uri, Lease> _leases = [];
    private readonly CarriedTraffic _traffic = new();
    private readonly HashSet<string> _told = []; // names that are of no use, until they are
    private bool _draining; // who goes joins nobody any more

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(_listening.Task, member.Ready).WaitAsync(stoppingToken);
            while (true)
            {
                await Reconcile(stoppingToken);
                await Task.Delay(ResolveEvery, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(Leases().Select(lease => lease.End()));
        }
    }

    /// <summary>The drain: told, let go, finished, and then the host goes on to stop the listeners and this service.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!member.Ready.IsCompletedSuccessfully)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.DrainSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            List<Lease> leases;
            lock (_gate)
            {
                _draining = true;
                leases = [.. _leases.Values];
            }

            await Task.WhenAll(leases.Select(lease => lease.Drain())).WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            NotHeard(log);
        }

        try
        {
            await member.WhenIdle(either.Token);
            Drained(log);
        }
        catch (OperationCanceledException)
        {
            Unfinished(log, member.Report().Pending, options.DrainSeconds);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Every listener is up now, and its port known.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _listening.TrySetResult();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private List<Lease> Leases()
    {
        lock (_gate)
            return [.. _leases.Values];
    }

    /// <summary>Opens leases with new addresses, ends those whose address is gone from the names.</summary>
    private async Task Reconcile(CancellationToken cancellation)
    {
        var addresses = await Resolve(cancellation);
        var gone = new List<Lease>();
        lock (_gate)
        {
            foreach (var address in addresses.Where(address => !_draining && !_leases.ContainsKey(address)))
                _leases[address] = new Lease(address, _id, options.AdvertiseHost, AdvertisedPort(), member, _traffic, time, log, cancellation);
            foreach (var address in _leases.Keys.Where(address => !addresses.Contains(address)).ToList())
            {
                gone.Add(_leases[address]);
                _leases.Remove(address);
            }
        }

        await Task.WhenAll(gone.Select(lease => lease.End()));
    }

    private async Task<HashSet<Uri>> Resolve(CancellationToken cancellation)
    {
        var addresses = new HashSet<Uri>();
        foreach (var name in options.Coordinators.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(name, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            {
                if (_told.Add(name))
                    NotAnAddress(log, name);
                continue;
            }

            try
            {
                // The system's resolver may ask a mute server for half a minute and hears no token meanwhile; a process that stops does not wait for it.
                foreach (var ip in await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellation).WaitAsync(cancellation))
                    addresses.Add(new UriBuilder(uri) { Host = ip.ToString() }.Uri);
                _told.Remove(name);
            }
            catch (Exception error) when (error is SocketException or ArgumentException)
            {
                if (_told.Add(name))
                    NotResolved(log, uri.DnsSafeHost, error.Message);
                addresses.UnionWith(Leases().Select(lease => lease.Address)); // the resolver's trouble is no reason to leave
            }
        }

        return addresses;
    }

    private int AdvertisedPort() => options.AdvertisePort > 0 ? options.AdvertisePort : listening.Grpc.Port;

    [LoggerMessage(1, LogLevel.Warning, "'{Host}' does not resolve: {Why}; trying again")]
    private static partial void NotResolved(ILogger log, string host, string why);

    [LoggerMessage(2, LogLevel.Error, "'{Name}' in --coordinators is no http address such as http://coordinator:8081")]
    private static partial void NotAnAddress(ILogger log, string name);

    [LoggerMessage(3, LogLevel.Warning, "not every coordinator has let go of this process")]
    private static partial void NotHeard(ILogger log);

    [LoggerMessage(4, LogLevel.Information, "drained")]
    private static partial void Drained(ILogger log);

    [LoggerMessage(5, LogLevel.Warning, "{Pending} items are unfinished after {Seconds} s of draining")]
    private static partial void Unfinished(ILogger log, uint pending, int seconds);
}
