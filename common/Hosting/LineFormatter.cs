using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Espresso.Hosting;

internal sealed class LineFormatterOptions : ConsoleFormatterOptions;

/// <summary>One line an event: <c>12:00:01.250 warn text</c>. The level is left out where it is information; a stack follows an error.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "espresso";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug ",
            LogLevel.Information => "",
            LogLevel.Warning => "warn ",
            _ => "error ",
        };
        textWriter.Write($"{time.GetUtcNow():HH:mm:ss.fff} {level}{OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception))}");
        for (var error = logEntry.Exception; error is not null; error = error.InnerException)
            textWriter.Write($" | {error.GetType().Name}: {OneLine(error.Message)}");
        textWriter.WriteLine();
        if (logEntry is { LogLevel: >= LogLevel.Error, Exception: not StartupException and { StackTrace: { } stack } })
            textWriter.WriteLine(stack);
    }

    /// <summary>What others wrote (a name, a server's message) must not look like events of its own.</summary>
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
