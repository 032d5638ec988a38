using System.Net;
using System.Net.Sockets;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>Members look for coordinators, not the other way round.</summary>
public sealed class CoordinatorRestartTests
{
    [Fact]
    public async Task Coordinator_KilledAndStartedAgain_IsJoinedAgainByAll()
    {
        var port = FreePort();
        await using var mesh = await RunningMesh.Start(port);
        await Task.WhenAll(mesh.StartPreprocessor(), mesh.StartMinion(Repository.Package("depth/0.1"), "--max-batch", "1"));
        (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();

        foreach (var end in new Func<MeshProcess, Task>[] { Killed, EndedInGoodOrder })
        {
            await end(mesh.Coordinator);
            await mesh.Coordinator.DisposeAsync();
            await mesh.StartCoordinator(port);
            await mesh.Coordinator.Line("serves depth@0.1");
            await mesh.Coordinator.Line("serves preprocessor");

            (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();
        }
    }

    private static async Task Killed(MeshProcess coordinator)
    {
        coordinator.Kill();
        await coordinator.Exited.WaitAsync(MeshProcess.Patience);
    }

    private static async Task EndedInGoodOrder(MeshProcess coordinator) => (await coordinator.End()).ShouldBe(0, coordinator.Output);

    /// <summary>Below the range that Linux hands out by itself, so that nobody is given it by chance while the coordinator is away.</summary>
    private static int FreePort() => Enumerable.Range(0, 100).Select(_ => Random.Shared.Next(20_000, 32_000)).First(port =>
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
