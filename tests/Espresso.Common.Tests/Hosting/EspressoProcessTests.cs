using System.Net;
using System.Net.Sockets;
using Espresso.Hosting;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Common.Tests.Hosting;

public sealed class EspressoProcessTests
{
    [Fact]
    public async Task RunToEnd_PortTaken_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var app = App(new TestOptions { GrpcPort = ((IPEndPoint)taken.LocalEndpoint).Port });

        (await Should.ThrowAsync<StartupException>(() => app.RunToEnd("test"))).Message.ShouldStartWith("cannot listen");
    }

    [Fact]
    public async Task RunToEnd_AddressOfAnotherMachine_SaysSo()
    {
        await using var app = App(new TestOptions { Bind = "192.0.2.1" }); // TEST-NET-1 is nobody's

        (await Should.ThrowAsync<StartupException>(() => app.RunToEnd("test"))).Message.ShouldStartWith("cannot listen");
    }

    [Fact]
    public void CreateBuilder_NoAddress_IsAnOptionFault() =>
        Should.Throw<OptionsException>(() => EspressoProcess.CreateBuilder("test", new TestOptions { Bind = "localhost" }))
            .Faults.ShouldHaveSingleItem().ShouldContain("localhost");

    [Fact]
    public void CreateBuilder_WatchesNoFolder() =>
        EspressoProcess.CreateBuilder("test", new TestOptions()).Configuration.Sources.ShouldNotContain(source => source is FileConfigurationSource);

    [Fact]
    public async Task RunToEnd_Stopped_Returns()
    {
        await using var app = App(new TestOptions());
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(lifetime.StopApplication);

        await app.RunToEnd("test").WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public Task RunToEnd_AskedToStopWhileItStarts_EndsWithoutAWord() => EndsWithoutAWord(services => services.AddHostedService<StopsDuringStart>());

    [Fact]
    public Task RunToEnd_AskedToStopDuringItsFirstCall_EndsWithoutAWord() =>
        EndsWithoutAWord(services => services.AddOnceListening<IHostApplicationLifetime>((lifetime, _, cancelled) =>
        {
            lifetime.StopApplication();
            cancelled.IsCancellationRequested.ShouldBeTrue();
            throw new RpcException(Status.DefaultCancelled);
        }));

    [Fact]
    public async Task RunToEnd_FirstCallThatFails_SaysSo()
    {
        await using var app = App(new TestOptions(), services: services => services.AddOnceListening<IHostApplicationLifetime>(
            (_, _, _) => throw new RpcException(new Status(StatusCode.Internal, "no library"))));

        (await Should.ThrowAsync<StartupException>(app.RunToEnd("test"))).Message.ShouldBe("a first call to this process itself failed: no library");
    }

    [Fact]
    public async Task Start_SeveralFirstCalls_MakesEach()
    {
        var made = new List<int>();
        await using var app = App(new TestOptions(), services: services => services
            .AddOnceListening<IHostApplicationLifetime>((_, _, _) => { made.Add(1); return Task.CompletedTask; })
            .AddOnceListening<IHostApplicationLifetime>((_, _, _) => { made.Add(2); return Task.CompletedTask; }));

        await app.StartAsync();

        made.ShouldBe([1, 2], ignoreOrder: true);
    }

    [Fact]
    public async Task RunToEnd_StartThatFails_IsLogged()
    {
        using var log = new StringWriter();
        using var lines = new Lines(log);
        await using var app = App(new TestOptions(), lines, services => services.AddHostedService<FailsToStart>());

        await Should.ThrowAsync<InvalidOperationException>(app.RunToEnd("test"));

        log.ToString().ShouldContain("InvalidOperationException: out of order");
    }

    [Fact]
    public async Task ListeningAddresses_AnyPort_AreTheRealOnes()
    {
        await using var app = await TestHost.Start();

        app.Grpc().Port.ShouldNotBe(0);
        app.Http().Port.ShouldNotBe(app.Grpc().Port);
        using var http = new HttpClient { BaseAddress = app.Http() };
        (await http.GetStringAsync("/livez")).ShouldBe("ok");
    }

    [Theory]
    [InlineData("http://0.0.0.0:8081", "http://127.0.0.1:8081")]
    [InlineData("http://[::]:8081", "http://127.0.0.1:8081")]
    [InlineData("http://10.1.2.3:8081", "http://10.1.2.3:8081")]
    [InlineData("http://[fd00::7]:8081", "http://[fd00::7]:8081")]
    public void ListeningAddresses_OfAllAddresses_AreCalledAtLoopback(string listening, string called) =>
        ListeningAddresses.Callable(new Uri(listening)).ShouldBe(new Uri(called));

    [Fact]
    public async Task ListeningAddresses_OfAllAddressesOfBothKinds_AnswerTheirOwnCall()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using var app = await TestHost.Start(new TestOptions { Bind = "::" });
        using var channel = Channels.Open(app.Services.GetRequiredService<ListeningAddresses>().OwnGrpc);

        await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());
    }

    private static async Task EndsWithoutAWord(Action<IServiceCollection> services)
    {
        using var log = new StringWriter();
        using var lines = new Lines(log);
        await using var app = App(new TestOptions(), lines, services);

        await app.RunToEnd("test").WaitAsync(TimeSpan.FromSeconds(60));

        log.ToString().ShouldBeEmpty();
    }

    private static WebApplication App(TestOptions options, ILoggerProvider? log = null, Action<IServiceCollection>? services = null)
    {
        var builder = EspressoProcess.CreateBuilder("test", options);
        builder.Logging.ClearProviders();
        if (log is not null)
            builder.Logging.AddProvider(log);
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    private sealed class StopsDuringStart(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FailsToStart : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("out of order");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>What the process would write to its console.</summary>
    private sealed class Lines(TextWriter output) : ILoggerProvider
    {
        private readonly LineFormatter _formatter = new(TimeProvider.System);

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _formatter, output);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, LineFormatter lines, TextWriter output) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                lock (output)
                    lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), null, output);
            }
        }
    }
}
