namespace Espresso.Cli;

/// <summary>An end with a message for the person at the terminal, and exit code 1.</summary>
internal sealed class CliException(string message, Exception? inner = null) : Exception(message, inner);
