using System.Net;
using System.Net.Sockets;
using Espresso.Errors;
using Espresso.Telemetry;
using Espresso.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espresso.Hosting;

/// <summary>The same ground under every process: listeners, logging, telemetry, health, an orderly end.</summary>
public static partial class EspressoProcess
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);

    /// <summary>Reads the options, then runs <paramref name="main"/>; option faults and <c>--help</c> end here with their text.</summary>
    /// <returns>The process's exit code: 0, 1 for a failure, 2 for wrong options.</returns>
    public static async Task<int> Run<TOptions>(string usage, string[] args, Func<TOptions, IReadOnlyList<string>, Task> main)
        where TOptions : ProcessOptions, new()
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            await Console.Out.WriteAsync(OptionsReader.Help<TOptions>(usage));
            return 0;
        }

        try
        {
            var options = OptionsReader.Read<TOptions>(args, out var operands);
            await main(options, operands);
            return 0;
        }
        catch (OptionsException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }
        catch (StartupException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 1;
        }
    }

    /// <param name="role">coordinator, preprocessor or minion: the service's name in telemetry, after "espresso-".</param>
    public static WebApplicationBuilder CreateBuilder(string role, ProcessOptions options)
    {
        // Empty: all settings are options here, and the other builders watch the working directory for appsettings.json, with every folder beneath it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddEnvironmentVariables(); // OTEL_*
        builder.Services.AddRoutingCore();
        if (!IPAddress.TryParse(options.Bind, out var address))
            throw new OptionsException([$"--bind: '{options.Bind}' is no IP address"]);

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            // Pictures and tensors are megabytes: with the defaults (768 kB windows) a sender waits for several round trips.
            kestrel.Limits.Http2.InitialConnectionWindowSize = 32 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 8 << 20;
            kestrel.Limits.Http2.MaxFrameSize = 1 << 20;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 4096;
            kestrel.Limits.MaxRequestBodySize = Channels.MaxMessageBytes;
            kestrel.Limits.MinRequestBodyDataRate = null; // deadlines bound a call; a rate would end idle lease streams
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        // Where its log may be written, it makes an activity for every request, traced or not. Cost: without an exporter a caller's trace ends here.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName).AddConsoleFormatter<LineFormatter, LineFormatterOptions>();

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + 5));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, TransportMemory>();
        builder.Services.AddSingleton<HealthState>();
        builder.Services.AddSingleton<ListeningAddresses>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Channels.MaxMessageBytes;
            grpc.MaxSendMessageSize = Channels.MaxMessageBytes;
            grpc.Interceptors.Add<FailureInterceptor>();
        }).AddServiceOptions<HealthService>(grpc => grpc.MaxReceiveMessageSize = HealthService.MostBytes);
        builder.Services.AddEspressoTelemetry(role);
        if (options.ExitWithStdin)
            builder.Services.AddHostedService<StandardInputWatch>();
        return builder;
    }

    /// <summary>Health over gRPC and HTTP, and metrics.</summary>
    public static WebApplication MapDefaults(this WebApplication app)
    {
        app.MapGrpcService<HealthService>();
        string[] looks = [HttpMethods.Get, HttpMethods.Head]; // some balancers look by HEAD
        app.MapMethods("/livez", looks, () => "ok");
        app.MapMethods("/readyz", looks, (HealthState health) =>
            health.IsServing("") ? Results.Text("ok") : Results.Text("not ready", statusCode: 503));
        app.MapPrometheus("/metrics");
        return app;
    }

    /// <summary>Starts listening, tells where, and runs until the process is asked to stop.</summary>
    public static async Task RunToEnd(this WebApplication app, string name)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        try
        {
            await app.StartAsync(limit.Token);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new StartupException($"cannot listen: {error.Message}", error);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await app.DisposeAsync(); // asked to stop before it had started: no failure
            return;
        }

        var addresses = app.Services.GetRequiredService<ListeningAddresses>();
        Listening(app.Logger, name, addresses.Grpc.ToString(), addresses.Http.ToString());
        await app.WaitForShutdownAsync();
        await app.DisposeAsync();
    }

    [LoggerMessage(1, LogLevel.Information, "{Name} listening grpc={Grpc} http={Http}")]
    private static partial void Listening(ILogger log, string name, string grpc, string http);
}

/// <summary>Where the process listens, once it does: with port 0 nobody knows it before.</summary>
public sealed class ListeningAddresses(IServer server)
{
    public Uri Grpc => All()[0];

    public Uri Http => All()[1];

    /// <summary>Where this process calls itself.</summary>
    public Uri OwnGrpc => Callable(Grpc);

    /// <summary>
    /// One can listen on all addresses, but not call them. Kestrel hears IPv4 on [::], too, and a machine may have no IPv6 but on paper: a
    /// container without it takes [::] to listen on, and has no [::1].
    /// </summary>
    internal static Uri Callable(Uri listening)
    {
        if (!IPAddress.TryParse(listening.DnsSafeHost, out var address))
            return listening;
        var own = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address;
        return new UriBuilder(listening) { Host = own.ToString() }.Uri;
    }

    // Kestrel lists its endpoints in the order they were declared.
    private List<Uri> All() =>
        [.. server.Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];
}

/// <summary>A start that cannot succeed (a package that is wrong, a port that is taken); the message is for the operator.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Stops the process when its standard input ends: the parent is gone, whatever ended it.</summary>
internal sealed class StandardInputWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A read from the console cannot be cancelled, so the end of the process does not wait for it.
        await Task.Factory.StartNew(ReadToEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(stoppingToken);
        lifetime.StopApplication();
    }

    private static void ReadToEnd()
    {
        using var stdin = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[256];
        while (stdin.Read(buffer) > 0)
        {
            // what comes does not matter
        }
    }
}
