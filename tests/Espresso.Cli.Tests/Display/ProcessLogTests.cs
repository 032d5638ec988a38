using Espresso.Cli.Display;
using Espresso.Cli.Processes;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Display;

public sealed class ProcessLogTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Changed_NewState_IsOneLine()
    {
        var log = new ProcessLog(_output, everything: true, _time);

        log.Changed(new ProcessStatus("depth 0.1", ProcessState.Starting));
        log.Changed(new ProcessStatus("depth 0.1", ProcessState.Starting, Id: 7));
        log.Changed(new ProcessStatus("depth 0.1", ProcessState.Ready, "", 7, new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2")));

        Lines().ShouldBe(["00:00:00.000 depth 0.1          starting", "00:00:00.000 depth 0.1          ready pid=7 grpc=http://127.0.0.1:1/ http=http://127.0.0.1:2/"]);
    }

    [Theory]
    [InlineData(true, new[] { "00:00:00.000 a                  told", "00:00:00.000 a                  warning told", "00:00:00.000 a                  error told" })]
    [InlineData(false, new[] { "a                  warning told", "a                  error told" })]
    public void Wrote_Levels_AreFilteredUnlessEverythingIsWanted(bool everything, string[] expected)
    {
        var log = new ProcessLog(_output, everything, _time);
        log.Changed(new ProcessStatus("a", ProcessState.Ready));

        foreach (var level in new[] { LineLevel.Information, LineLevel.Warning, LineLevel.Error })
            log.Wrote("a", new OutputLine("told", level, Announcement.None));

        Lines().Skip(1).ShouldBe(expected);
    }

    [Fact]
    public void Wrote_ProcessStillStarting_KeepsItsWarningsForItsFall()
    {
        var log = new ProcessLog(_output, everything: false, _time);
        log.Changed(new ProcessStatus("a", ProcessState.Starting));

        log.Wrote("a", new OutputLine("no lease; trying again", LineLevel.Warning, Announcement.None));

        Lines().ShouldBeEmpty();
    }

    [Fact]
    public void Wrote_MeshEnds_WarningsOfItAreNoNews()
    {
        var log = new ProcessLog(_output, everything: false, _time);
        log.Changed(new ProcessStatus("a", ProcessState.Ready));
        log.Changed(new ProcessStatus("coordinator", ProcessState.Stopping));

        log.Wrote("a", new OutputLine("no lease; trying again", LineLevel.Warning, Announcement.None));

        Lines().ShouldBe(["a                  ready"]);
    }

    [Fact]
    public void Fell_LastLines_AreShownUnlessTheyStandAbove()
    {
        var fall = new ProcessFall("a", "ended with exit code 1", ["out of memory"]);

        new ProcessLog(_output, everything: false, _time).Fell(fall);
        new ProcessLog(_output, everything: true, _time).Fell(fall);

        Lines().ShouldBe(["a                  ended with exit code 1", "a                  | out of memory", "00:00:00.000 a                  ended with exit code 1"]);
    }

    private string[] Lines() => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
