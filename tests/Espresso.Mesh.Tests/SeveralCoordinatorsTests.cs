using System.Text;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>Two coordinators that do not know one another, and members that have joined both.</summary>
public sealed class SeveralCoordinatorsTests : IAsyncLifetime
{
    private readonly int _port = RestartableMesh.FreePort();
    private RunningMesh _one = null!;
    private RunningMesh _other = null!;

    public async ValueTask InitializeAsync()
    {
        _other = await RunningMesh.Start(_port);
        _one = await RunningMesh.Start();
        _one.Others.Add(_other.Grpc);
        await Task.WhenAll(
            _one.StartPreprocessor(), _one.StartMinion(_one.Folders.CopyOf("segmentation/0.1", "echo", "0.1"), "--simulated", "1,1"),
            _one.StartMinion(_one.Folders.CopyOf("segmentation/0.1", "echo", "0.2"), "--simulated", "1,1"));
        await OtherServesAll();
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Traffic_ToldToOne_HoldsAtTheOtherAndOutlivesIt()
    {
        (await Served(_one)).ShouldBe("0.2");
        await Put(_one, """{"default":"0.1"}""");
        await _other.Coordinator.Line("default 0.1");
        (await Served(_other)).ShouldBe("0.1");

        _other.Coordinator.Kill();
        await _other.Coordinator.Exited.WaitAsync(MeshProcess.Patience);
        await _other.Coordinator.DisposeAsync();
        await _other.StartCoordinator(_port);
        await OtherServesAll();
        (await Served(_other)).ShouldBe("0.1", "the members have told it before it served anything");

        await Put(_other, """{"default":"0.2"}""");
        await _one.Coordinator.Line("default 0.2, no canary");
        (await Served(_one)).ShouldBe("0.2");
        var history = (await _one.Client.Get("/v1/models/echo/traffic")).ShouldBeOk().Json.GetProperty("history").EnumerateArray();
        history.Where(change => change.GetProperty("by").GetString() == "put").Select(change => change.GetProperty("serving").GetString())
            .ShouldBe(["0.2", "0.1"], "the newest first, wherever it was decided");
    }

    private static async Task<string?> Served(RunningMesh mesh) =>
        (await mesh.Client.Infer(Scene.Picture, "echo")).ShouldBeOk().Result("echo").GetProperty("version").GetString();

    private static async Task Put(RunningMesh mesh, string policy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/models/echo/traffic")
        {
            Content = new StringContent(policy, Encoding.UTF8, "application/json"),
        };
        (await mesh.Client.Send(request)).ShouldBeOk();
    }

    private async Task OtherServesAll()
    {
        foreach (var member in new[] { "echo@0.1", "echo@0.2", "preprocessor" })
            await _other.Coordinator.Line($"serves {member}");
    }
}
