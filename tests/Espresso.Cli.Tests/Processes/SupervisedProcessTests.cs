using System.ComponentModel;
using Espresso.Cli.Processes;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Processes;

public sealed class SupervisedProcessTests : IDisposable
{
    private static readonly ProcessSpec Member = new("depth 0.1", "dotnet", [], Joins: true);
    private static readonly ProcessSpec Coordinator = new("coordinator", "dotnet", [], Joins: false);

    private readonly FakeTime _time = new();
    private readonly FakeStarter _starter = new();
    private readonly Recorder _seen = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();

    public void Dispose()
    {
        _stop.Dispose();
        _kill.Dispose();
    }

    [Fact]
    public async Task Member_Joined_IsReadyWithAddressAndId()
    {
        var process = Process(Member);
        var run = process.Run(_stop.Token, _kill.Token);
        var child = await _starter.Next();

        child.Writes("12:00:00.000 minion depth/0.1 listening grpc=http://127.0.0.1:5001 http=http://127.0.0.1:5002");
        process.Ready.IsCompleted.ShouldBeFalse();
        child.Writes("12:00:01.000 joined coordinator abc at http://127.0.0.1:8081/");

        await process.Ready;
        process.Status.ShouldBe(new ProcessStatus(
            "depth 0.1", ProcessState.Ready, "", child.Id, new Uri("http://127.0.0.1:5001"), new Uri("http://127.0.0.1:5002")));
        await Stop(run);
    }

    [Fact]
    public async Task Coordinator_Listening_IsReady()
    {
        var process = Process(Coordinator);
        var run = process.Run(_stop.Token, _kill.Token);

        (await _starter.Next()).Writes("12:00:00.000 coordinator listening grpc=http://127.0.0.1:8081 http=http://127.0.0.1:8080");

        await process.Ready;
        await Stop(run);
    }

    [Fact]
    public async Task Stop_Running_AsksAndWaitsForTheEnd()
    {
        var run = Process(Member).Run(_stop.Token, _kill.Token);
        var child = await _starter.Next();

        await Stop(run);

        child.WasAsked.ShouldBeTrue();
        child.WasKilled.ShouldBeFalse();
        _seen.Falls.ShouldBeEmpty();
        _seen.States.ShouldBe([ProcessState.Starting, ProcessState.Stopping, ProcessState.Stopped]);
    }

    [Fact]
    public async Task Kill_ChildThatDoesNotObey_EndsIt()
    {
        var starter = new FakeStarter(deaf: "*");
        var process = new SupervisedProcess(Member, Restart.Always, starter.Start, _seen, _time);
        var run = process.Run(_stop.Token, _kill.Token);
        var child = await starter.Next();

        await _stop.CancelAsync();
        run.IsCompleted.ShouldBeFalse();
        await _kill.CancelAsync();

        await run;
        child.WasKilled.ShouldBeTrue();
    }

    [Fact]
    public async Task Fall_BeforeItJoined_KeepsNobodyWaitingButTheCoordinatorsDoes()
    {
        var (member, coordinator) = (Process(Member), Process(Coordinator));
        var runs = new List<Task>();
        foreach (var process in new[] { member, coordinator })
        {
            runs.Add(process.Run(_stop.Token, _kill.Token));
            (await _starter.Next()).Exits(1);
        }

        await member.Tried;
        member.Ready.IsCompleted.ShouldBeFalse();
        await _time.WhenWaiting(2); // both are down until their next start
        coordinator.Tried.IsCompleted.ShouldBeFalse();
        await Stop(Task.WhenAll(runs));
    }

    [Fact]
    public async Task Fall_WithoutRestart_FailsWithTheLastLines()
    {
        var process = Process(Member, Restart.Never);
        var run = process.Run(_stop.Token, _kill.Token);
        var child = await _starter.Next();
        for (var i = 1; i <= 20; i++)
            child.Writes($"line {i}");

        child.Exits(134);

        var error = await Should.ThrowAsync<ProcessFallException>(run);
        error.Message.ShouldBe("depth 0.1 ended with exit code 134");
        error.Fall.LastLines.ShouldBe(Enumerable.Range(9, 12).Select(i => $"line {i}"));
        await Should.ThrowAsync<ProcessFallException>(process.Ready);
        _seen.States.Last().ShouldBe(ProcessState.Failed);
    }

    [Fact]
    public async Task Fall_BeforeItWasReady_IsFinalWhereOnlyTheReadyStartAgain()
    {
        var process = Process(Member, Restart.OnceReady);
        var run = process.Run(_stop.Token, _kill.Token);
        (await _starter.Next()).Exits(1);

        await Should.ThrowAsync<ProcessFallException>(run);
        await Should.ThrowAsync<ProcessFallException>(process.Ready);
        _seen.States.Last().ShouldBe(ProcessState.Failed);
        _starter.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fall_OnceReady_StartsAgainEachTimeAlsoWhenTheNextRunNeverGetsReady()
    {
        var process = Process(Member, Restart.OnceReady);
        var run = process.Run(_stop.Token, _kill.Token);
        var first = await _starter.Next();
        first.Writes("12:00:01.000 joined coordinator abc at http://127.0.0.1:8081/");
        first.Exits(134);
        await _time.WhenWaiting();
        _time.Advance(RestartPolicy.First);
        (await _starter.Next()).Exits(134);
        await _time.WhenWaiting();
        _time.Advance(RestartPolicy.First * 2);

        await _starter.Next();
        process.Status.Restarts.ShouldBe(2);
        await Stop(run);
    }

    [Fact]
    public async Task Fall_WithRestart_StartsAgainAfterTheBackOff()
    {
        var process = Process(Member);
        var run = process.Run(_stop.Token, _kill.Token);
        (await _starter.Next()).Exits(1);
        await _time.WhenWaiting();

        _time.Advance(RestartPolicy.First - TimeSpan.FromTicks(1));
        _starter.Count.ShouldBe(1);
        process.Status.State.ShouldBe(ProcessState.Down);
        _time.Advance(TimeSpan.FromTicks(1));

        var second = await _starter.Next();
        second.Writes("12:00:01.000 joined coordinator abc at http://127.0.0.1:8081/");
        process.Status.ShouldBe(new ProcessStatus("depth 0.1", ProcessState.Ready, Id: second.Id, Restarts: 1));
        _seen.Falls.ShouldHaveSingleItem().Why.ShouldBe("ended with exit code 1");
        await Stop(run);
    }

    [Fact]
    public async Task Fall_AfterALongHealthyRun_WaitsTheShortestTimeAgain()
    {
        var run = Process(Member).Run(_stop.Token, _kill.Token);
        (await _starter.Next()).Exits(1);
        await _time.WhenWaiting();
        _time.Advance(RestartPolicy.First);
        var second = await _starter.Next();
        _time.Advance(RestartPolicy.HealthyAfter);
        second.Exits(1);
        await _time.WhenWaiting();

        _time.Advance(RestartPolicy.First);

        await _starter.Next();
        await Stop(run);
    }

    [Fact]
    public async Task Stop_WhileDown_EndsWithoutAnotherStart()
    {
        var process = Process(Member);
        var run = process.Run(_stop.Token, _kill.Token);
        (await _starter.Next()).Exits(1);
        await _time.WhenWaiting();

        await Stop(run);

        _starter.Count.ShouldBe(1);
        process.Status.State.ShouldBe(ProcessState.Stopped);
    }

    [Fact]
    public async Task Start_FileMissing_IsAFallWithTheReason()
    {
        var process = new SupervisedProcess(Member, Restart.Never, (_, _) => throw new Win32Exception("no such file"), _seen, _time);

        var error = await Should.ThrowAsync<ProcessFallException>(process.Run(_stop.Token, _kill.Token));

        error.Message.ShouldBe("depth 0.1 did not start: no such file");
    }

    private SupervisedProcess Process(ProcessSpec spec, Restart restart = Restart.Always) => new(spec, restart, _starter.Start, _seen, _time);

    private async Task Stop(Task run)
    {
        await _stop.CancelAsync();
        await run;
    }
}
