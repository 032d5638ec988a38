using Espresso.Cli.Processes;

namespace Espresso.Cli.Display;

/// <summary>The words and colours for states.</summary>
internal static class StateText
{
    public static string Word(ProcessState state) => state.ToString().ToLowerInvariant();

    public static string Word(LineLevel level) => level == LineLevel.Error ? "error" : "warning";

    /// <returns>A colour name of the terminal library.</returns>
    public static string Colour(ProcessState state) => state switch
    {
        ProcessState.Ready => "green",
        ProcessState.Down or ProcessState.Failed => "red",
        ProcessState.Stopping or ProcessState.Stopped => "grey",
        _ => "yellow",
    };
}
