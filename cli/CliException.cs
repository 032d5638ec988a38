using Espresso.Cli.Processes;

namespace Espresso.Cli;

/// <summary>An end with a message for the person at the terminal, and exit code 1.</summary>
internal sealed class CliException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the message is for the person by itself: ours, and a full disk or a folder that may not be written, whose messages name the place.</summary>
    public static bool IsTold(Exception error) => error is CliException or ProcessFallException or IOException or UnauthorizedAccessException;
}
