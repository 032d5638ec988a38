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
        if (IsInterruptedStart(logEntry.Category, logEntry.EventId, logEntry.Exception))
            return;
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

    /// <summary>A process that is asked to stop before it has started ends as it was asked to, but the host tells of a failure, with a stack.</summary>
    /// <remarks>Only that event: a background service that ends with a cancellation nobody asked for is the same host's, and a fault.</remarks>
    private static bool IsInterruptedStart(string category, EventId id, Exception? error) =>
        error is OperationCanceledException && id.Name == "HostedServiceStartupFaulted" && category == "Microsoft.Extensions.Hosting.Internal.Host";

    /// <summary>What others wrote (a name, a server's message) must not look like events of its own.</summary>
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
