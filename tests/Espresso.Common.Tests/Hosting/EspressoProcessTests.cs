using System.Net;
using System.Net.Sockets;
using Espresso.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
    public async Task ListeningAddresses_AnyPort_AreTheRealOnes()
    {
        await using var app = await TestHost.Start();

        app.Grpc().Port.ShouldNotBe(0);
        app.Http().Port.ShouldNotBe(app.Grpc().Port);
        using var http = new HttpClient { BaseAddress = app.Http() };
        (await http.GetStringAsync("/livez")).ShouldBe("ok");
    }

    private static WebApplication App(TestOptions options)
    {
        var builder = EspressoProcess.CreateBuilder("test", options);
        builder.Logging.ClearProviders();
        return builder.Build();
    }
}
