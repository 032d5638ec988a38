using Espresso.Cli.Processes;

namespace Espresso.Cli.Display;

/// <summary>Knows whose warnings a person should see now, who did not ask for everything.</summary>
/// <remarks>
/// Those of a start (a coordinator that is not there yet) matter only if it fails, and come with its fall; those of the mesh's end (a
/// coordinator that is no longer there) never do.
/// </remarks>
internal sealed class Noteworthy
{
    private readonly Dictionary<string, ProcessState> _states = [];
    private bool _ending;

    /// <returns>True: the state is another than before.</returns>
    public bool Note(ProcessStatus status)
    {
        var isNew = !_states.TryGetValue(status.Name, out var before) || before != status.State;
        _states[status.Name] = status.State;
        _ending |= status.State is ProcessState.Stopping or ProcessState.Stopped;
        return isNew;
    }

    public bool Is(string process, OutputLine line) =>
        !_ending && line.Level >= LineLevel.Warning && _states.TryGetValue(process, out var state) && state == ProcessState.Ready;
}
