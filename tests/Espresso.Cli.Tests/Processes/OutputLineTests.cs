using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Processes;

public sealed class OutputLineTests
{
    [Fact]
    public void Parse_StampedLine_LosesStamp()
    {
        var line = OutputLine.Parse("12:00:01.250 warm-up took 812 ms");

        line.Text.ShouldBe("warm-up took 812 ms");
        line.Level.ShouldBe(LineLevel.Information);
        line.Announcement.ShouldBe(Announcement.None);
    }

    [Theory]
    [InlineData("12:00:01.250 warn  no lease with http://127.0.0.1:1/", LineLevel.Warning, "no lease with http://127.0.0.1:1/")]
    [InlineData("12:00:01.250 warn no lease", LineLevel.Warning, "no lease")]
    [InlineData("12:00:01.250 error model failed", LineLevel.Error, "model failed")]
    [InlineData("12:00:01.250 debug step", LineLevel.Debug, "step")]
    [InlineData("12:00:01.250 warning signs are read", LineLevel.Information, "warning signs are read")]
    public void Parse_LevelWord_BecomesLevel(string text, object level, string rest)
    {
        var line = OutputLine.Parse(text);

        line.Level.ShouldBe(level);
        line.Text.ShouldBe(rest);
    }

    [Theory]
    [InlineData("   at Some.Method()")]
    [InlineData("Unhandled exception. System.Exception: no")]
    [InlineData("")]
    public void Parse_OtherForm_IsTextAsItIs(string text)
    {
        var line = OutputLine.Parse(text);

        line.Text.ShouldBe(text);
        line.Announcement.ShouldBe(Announcement.None);
    }

    [Theory]
    [InlineData("coordinator")]
    [InlineData("minion depth/0.1")]
    public void Parse_Listening_GivesAddresses(string name)
    {
        var line = OutputLine.Parse($"12:00:01.250 {name} listening grpc=http://127.0.0.1:8081 http=http://127.0.0.1:8080");

        line.Announcement.ShouldBe(Announcement.Listening);
        line.Grpc.ShouldBe(new Uri("http://127.0.0.1:8081"));
        line.Http.ShouldBe(new Uri("http://127.0.0.1:8080"));
    }

    [Theory]
    [InlineData("12:00:01.250 coordinator listening grpc=nowhere http=nothing")]
    [InlineData("coordinator listening grpc=http://127.0.0.1:8081 http=http://127.0.0.1:8080")]
    public void Parse_ListeningInAnotherForm_AnnouncesNothing(string text) =>
        OutputLine.Parse(text).Announcement.ShouldBe(Announcement.None);

    [Fact]
    public void Parse_Joined_Announces() =>
        OutputLine.Parse("12:00:01.250 joined coordinator abc at http://127.0.0.1:8081/").Announcement.ShouldBe(Announcement.Joined);

    [Fact]
    public void Parse_WarningThatSpeaksOfJoining_AnnouncesNothing() =>
        OutputLine.Parse("12:00:01.250 warn joined coordinator abc twice").Announcement.ShouldBe(Announcement.None);
}
