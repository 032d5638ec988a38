using Espresso.Cli.Processes;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Processes;

public sealed class MeshTests
{
    private const string Joined = "12:00:01.000 joined coordinator abc at http://127.0.0.1:8081/";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly FakeTime _time = new();
    private readonly Recorder _seen = new();

    [Fact]
    public async Task Ready_EveryMemberReady_Completes()
    {
        var starter = new FakeStarter();
        await using var mesh = Mesh(starter);
        mesh.Start(Spec("a"), 0);
        mesh.Start(Spec("b"), 0);
        (await starter.Next()).Writes(Joined);
        var ready = mesh.Ready();

        mesh.NotReady().ShouldBe(["b"]);
        ready.IsCompleted.ShouldBeFalse();
        (await starter.Next()).Writes(Joined);

        await ready;
        mesh.NotReady().ShouldBeEmpty();
    }

    [Fact]
    public async Task Ready_OneFalls_FailsWithoutWaitingForTheOthers()
    {
        var starter = new FakeStarter();
        await using var mesh = Mesh(starter);
        mesh.Start(Spec("a"), 0);
        mesh.Start(Spec("b"), 0);
        await starter.Next();

        (await starter.Next()).Exits(1);

        (await Should.ThrowAsync<ProcessFallException>(mesh.Ready())).Fall.Process.ShouldBe("b");
        await Should.ThrowAsync<ProcessFallException>(mesh.Ended(CancellationToken.None));
    }

    [Fact]
    public async Task Stop_Stages_EndOneAfterTheOther()
    {
        var starter = new FakeStarter(deaf: "coordinator");
        await using var mesh = Mesh(starter);
        mesh.Start(Spec("minion"), 1);
        mesh.Start(Spec("coordinator"), 0);
        var (minion, coordinator) = (await starter.Next(), await starter.Next());

        var stop = mesh.Stop(CancellationToken.None);

        await coordinator.Asked;
        minion.WasAsked.ShouldBeFalse();
        coordinator.Exits(0);
        await stop;
        minion.WasAsked.ShouldBeTrue();
        _seen.Falls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_MemberThatDoesNotObey_IsKilledAfterTheLimit()
    {
        var starter = new FakeStarter(deaf: "*");
        await using var mesh = Mesh(starter);
        mesh.Start(Spec("a"), 0);
        var child = await starter.Next();
        var stop = mesh.Stop(CancellationToken.None);
        await child.Asked;

        _time.Advance(Limit - TimeSpan.FromTicks(1));
        child.WasKilled.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));

        await stop;
        child.WasKilled.ShouldBeTrue();
    }

    [Fact]
    public async Task Stop_Hurried_KillsAtOnce()
    {
        var starter = new FakeStarter(deaf: "*");
        await using var mesh = Mesh(starter);
        using var now = new CancellationTokenSource();
        mesh.Start(Spec("a"), 0);
        mesh.Start(Spec("b"), 1);
        var stop = mesh.Stop(now.Token);

        await now.CancelAsync();

        await stop;
        (await starter.Next()).WasKilled.ShouldBeTrue();
        (await starter.Next()).WasKilled.ShouldBeTrue();
        _seen.Falls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dispose_Running_EndsEveryMember()
    {
        var starter = new FakeStarter();
        var mesh = Mesh(starter);
        mesh.Start(Spec("a"), 0);

        await mesh.DisposeAsync();

        (await starter.Next()).WasAsked.ShouldBeTrue();
    }

    private Mesh Mesh(FakeStarter starter) => new(Restart.Never, Limit, starter.Start, _seen, _time);

    private static ProcessSpec Spec(string name) => new(name, "dotnet", [], Joins: true);
}
