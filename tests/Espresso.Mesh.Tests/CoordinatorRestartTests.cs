using System.Net;
using System.Net.Sockets;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;
using Espresso.Protos.Coordinator;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Mesh.Tests;

/// <summary>A mesh whose coordinator may end: started again on the same port, it is where the members look for it.</summary>
public sealed class RestartableMesh : IAsyncLifetime
{
    private readonly int _port = FreePort();

    internal RunningMesh Mesh { get; private set; } = null!;

    internal MeshProcess Echo { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Mesh = await RunningMesh.Start(_port);
        var echo = Mesh.StartMinion(Mesh.Folders.CopyOf("segmentation/0.1", "echo", "1.0"), "--simulated", "1,1");
        await Task.WhenAll(Mesh.StartPreprocessor(), Mesh.StartMinion(Repository.Package("depth/0.1"), "--max-batch", "1"), echo);
        Echo = await echo;
    }

    public ValueTask DisposeAsync() => Mesh.DisposeAsync();

    /// <summary>Done when all members have joined the new one.</summary>
    internal async Task Restart()
    {
        await Mesh.Coordinator.Exited.WaitAsync(MeshProcess.Patience);
        await Mesh.Coordinator.DisposeAsync();
        await Mesh.StartCoordinator(_port);
        foreach (var member in new[] { "depth@0.1", "echo@1.0", "preprocessor" })
            await Mesh.Coordinator.Line($"serves {member}");
    }

    /// <summary>Below the range that Linux hands out by itself, so that nobody is given it by chance while the coordinator is away.</summary>
    internal static int FreePort() => Enumerable.Range(0, 100).Select(_ => Random.Shared.Next(20_000, 32_000)).First(port =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    });
}

/// <summary>Members look for coordinators, not the other way round.</summary>
public sealed class CoordinatorRestartTests(RestartableMesh restartable) : IClassFixture<RestartableMesh>
{
    private RunningMesh Mesh => restartable.Mesh;

    [Fact]
    public async Task Coordinator_KilledAndStartedAgain_IsJoinedAgainByAll()
    {
        (await Mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();

        Mesh.Coordinator.Kill();
        await restartable.Restart();

        (await Mesh.Client.Infer(Scene.Picture, "depth,echo")).ShouldBeOk();
    }

    [Fact]
    public async Task Coordinator_TerminatedWithARequestInFlight_FinishesItFirst()
    {
        restartable.Echo.Freeze();
        try
        {
            using var channel = GrpcChannel.ForAddress(Mesh.Grpc);
            using var call = new Coordinator.CoordinatorClient(channel).InferStream(
                new InferRequest { Models = { "depth", "echo" }, Image = ByteString.CopyFrom(Scene.Picture) },
                deadline: TimeProvider.System.GetUtcNow().UtcDateTime + MeshProcess.Patience);
            (await Next(call)).Result.Model.ShouldBe("depth"); // so it is in flight, and the other model's part waits

            Mesh.Coordinator.Terminate();
            restartable.Echo.Thaw();

            var last = (await Next(call)).Result;
            (last.Model, last.Status).ShouldBe(("echo", "ok"));
            (await Next(call)).Summary.ShouldNotBeNull();
            (await Mesh.Coordinator.Exited.WaitAsync(MeshProcess.Patience)).ShouldBe(0, Mesh.Coordinator.Output);
        }
        finally
        {
            restartable.Echo.Thaw();
            await restartable.Restart();
        }

        (await Mesh.Client.Infer(Scene.Picture, "depth,echo")).ShouldBeOk();
    }

    private static async Task<InferEvent> Next(AsyncServerStreamingCall<InferEvent> call)
    {
        (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        return call.ResponseStream.Current;
    }
}
