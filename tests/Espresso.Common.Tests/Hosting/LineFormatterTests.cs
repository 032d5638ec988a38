using Espresso.Hosting;
using Espresso.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Common.Tests.Hosting;

public sealed class LineFormatterTests
{
    private readonly LineFormatter _formatter = new(new FakeTime(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 89, TimeSpan.FromHours(1))));

    [Theory]
    [InlineData(LogLevel.Trace, "debug ")]
    [InlineData(LogLevel.Debug, "debug ")]
    [InlineData(LogLevel.Information, "")]
    [InlineData(LogLevel.Warning, "warn ")]
    [InlineData(LogLevel.Error, "error ")]
    [InlineData(LogLevel.Critical, "error ")]
    public void Write_Level_StandsBeforeTheText(LogLevel level, string before) =>
        Line(level, "warm").ShouldBe($"04:06:07.089 {before}warm{Environment.NewLine}");

    [Fact]
    public void Write_Exception_NamesEveryCause() =>
        Line(LogLevel.Warning, "lost", new InvalidOperationException("outer", new IOException("inner")))
            .ShouldBe($"04:06:07.089 warn lost | InvalidOperationException: outer | IOException: inner{Environment.NewLine}");

    [Fact]
    public void Write_ThrownError_ShowsItsStack()
    {
        var thrown = Should.Throw<IOException>(static () => throw new IOException("full"));

        Line(LogLevel.Error, "failed", thrown).ShouldContain(nameof(Write_ThrownError_ShowsItsStack));
        Line(LogLevel.Warning, "failed", thrown).ShouldNotContain(nameof(Write_ThrownError_ShowsItsStack));
    }

    [Fact]
    public void Write_StartThatCannotSucceed_IsForTheOperatorAndHasNoStack()
    {
        var thrown = Should.Throw<StartupException>(static () => throw new StartupException("no such file"));

        Line(LogLevel.Error, "failed", thrown).ShouldBe($"04:06:07.089 error failed | StartupException: no such file{Environment.NewLine}");
    }

    [Theory]
    [InlineData("a\n12:00:00.000 forged")]
    [InlineData("a\r\n12:00:00.000 forged")]
    [InlineData("a\u2028forged")]
    public void Write_LineBreakInAText_StaysOneLine(string text) =>
        Line(LogLevel.Information, text, new IOException(text)).Split(['\n', '\r', '\u2028'], StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);

    private string Line(LogLevel level, string text, Exception? error = null)
    {
        using var page = new StringWriter();
        _formatter.Write(new LogEntry<string>(level, "category", default, text, error, static (state, _) => state), null, page);
        return page.ToString();
    }
}
