using System.Collections.Concurrent;
using System.Diagnostics;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Processes;

/// <summary>With real processes: small shell scripts.</summary>
public sealed class ChildProcessTests
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Exited_Ended_ComesAfterEveryLineOfBothStreams()
    {
        await using var child = Shell("for i in 1 2 3; do echo out $i; done; echo err >&2; exit 7");

        (await child.Exited).ShouldBe(7);
        _lines.Where(line => line.StartsWith("out", StringComparison.Ordinal)).ShouldBe(["out 1", "out 2", "out 3"]);
        _lines.ShouldContain("err");
    }

    [Fact]
    public async Task Ask_ChildThatCleansUp_LetsItFinish()
    {
        await using var child = Shell("trap 'echo drained; exit 0' TERM; echo ready; read line");
        await _ready.Task;

        child.Ask();

        (await child.Exited).ShouldBe(0);
        _lines.ShouldContain("drained");
    }

    [Fact]
    public async Task Kill_ChildThatIgnoresTheAsking_EndsIt()
    {
        await using var child = Shell("trap '' TERM; echo ready; read line");
        await _ready.Task;
        child.Ask();

        child.Kill();

        (await child.Exited).ShouldBe(137);
    }

    [Fact]
    public async Task Dispose_Running_LeavesNoProcess()
    {
        var child = Shell("echo ready; read line");
        await _ready.Task;
        var id = child.Id;

        await child.DisposeAsync();

        Should.Throw<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task AskAndKill_Ended_DoNothing()
    {
        await using var child = Shell("exit 0");
        await child.Exited;

        child.Ask();
        child.Kill();

        (await child.Exited).ShouldBe(0);
    }

    [Fact]
    public async Task Start_NoSuchFile_EndsNamingIt()
    {
        await using var child = Start("/nowhere/nothing");

        (await child.Exited).ShouldBe(127);
        _lines.ShouldHaveSingleItem().ShouldContain("/nowhere/nothing");
    }

    [Fact]
    public async Task Start_Child_LeadsASessionOfItsOwn()
    {
        await using var child = Shell("cut -d' ' -f1,6 /proc/$$/stat");
        await child.Exited;

        _lines.ShouldHaveSingleItem().ShouldBe($"{child.Id} {child.Id}"); // Ctrl-C in our terminal does not reach it
    }

    private IChildProcess Shell(string script) => Start("/bin/sh", "-c", script);

    private IChildProcess Start(string program, params string[] arguments) => ChildProcess.Start(new ProcessSpec("x", program, arguments, Joins: false), line =>
    {
        _lines.Enqueue(line);
        if (line == "ready")
            _ready.TrySetResult();
    });
}
