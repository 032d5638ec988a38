using System.Net;
using System.Net.Sockets;
using Espresso.Coordinator.Registry;
using Espresso.Hosting;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

public sealed class JoinDoorTests : IAsyncLifetime
{
    private readonly WebApplication _app;
    private readonly Uri _join;

    public JoinDoorTests()
    {
        var port = FreePort();
        _join = new Uri($"http://127.0.0.1:{port}");
        _app = Program.Build(new CoordinatorOptions { GrpcPort = 0, HttpPort = 0, JoinPort = port, LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical });
    }

    private Uri Grpc => _app.Services.GetRequiredService<ListeningAddresses>().Grpc;

    public async ValueTask InitializeAsync() => await _app.StartAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Join_AtItsPort_IsTakenIn()
    {
        await using var member = await FakeProcess.Start(_join);

        await member.JoinAsPreprocessor();

        _app.Services.GetRequiredService<ReplicaRegistry>().Now.LivePreprocessors.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Join_AtTheCallersPort_IsRefusedWithTheRightOne()
    {
        await using var member = await FakeProcess.Start(Grpc);

        var error = await Should.ThrowAsync<RpcException>(member.JoinAsPreprocessor);

        (error.StatusCode, error.Status.Detail).ShouldBe((StatusCode.PermissionDenied, $"members join at port {_join.Port}"));
        _app.Services.GetRequiredService<ReplicaRegistry>().Now.LivePreprocessors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Join_AtTheCallersPortWithAnotherHost_IsRefused()
    {
        using var http = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancelled) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(Grpc.Host, Grpc.Port, cancelled);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var disguised = GrpcChannel.ForAddress(_join, new GrpcChannelOptions { HttpHandler = http });
        using var lease = new Protos.Registry.Registry.RegistryClient(disguised).Lease();

        (await Should.ThrowAsync<RpcException>(() => lease.ResponseStream.MoveNext(CancellationToken.None))).StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Call_AtTheMembersPort_IsRefusedButForHealth()
    {
        using var channel = GrpcChannel.ForAddress(_join);

        var error = await Should.ThrowAsync<RpcException>(async () => await new Protos.Coordinator.Coordinator.CoordinatorClient(channel).ListModelsAsync(new()));
        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());

        error.StatusCode.ShouldBe(StatusCode.PermissionDenied);
        health.Status.ShouldNotBe(HealthCheckResponse.Types.ServingStatus.Unknown);
    }

    [Fact]
    public async Task Request_OfPlainHttpAtTheMembersPort_IsAProblem()
    {
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var reply = await http.GetAsync(new Uri(_join, "/readyz"));

        reply.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await reply.Content.ReadAsStringAsync()).ShouldContain("members join here; callers are served at port");
    }

    private static int FreePort()
    {
        using var any = new TcpListener(IPAddress.Loopback, 0);
        any.Start();
        return ((IPEndPoint)any.LocalEndpoint).Port;
    }
}
