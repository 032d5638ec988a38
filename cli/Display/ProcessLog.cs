using Espresso.Cli.Processes;

namespace Espresso.Cli.Display;

/// <summary>Tells of the processes in plain lines, each with its process's name before it: for pipes, files and journals.</summary>
/// <param name="everything">
/// True: every change of state, and what the processes write, all of it, with the time. False: what a person waits for, and noteworthy
/// warnings and errors.
/// </param>
internal sealed class ProcessLog(TextWriter output, bool everything, TimeProvider time) : IMeshDisplay
{
    private readonly Lock _gate = new();
    private readonly Noteworthy _noteworthy = new();

    public Task While(Func<Task> work) => work();

    public void Changed(ProcessStatus status)
    {
        lock (_gate)
        {
            if (!_noteworthy.Note(status))
                return;
            if (!everything && status.State is not (ProcessState.Fetching or ProcessState.Ready))
                return;
            var where = everything && status is { State: ProcessState.Ready, Http: { } http } ? $" pid={status.Id} grpc={status.Grpc} http={http}" : "";
            var detail = status.Detail.Length > 0 ? $": {status.Detail}" : "";
            Line(status.Name, $"{StateText.Word(status.State)}{where}{detail}");
        }
    }

    public void Wrote(string process, OutputLine line)
    {
        lock (_gate)
        {
            if (everything || _noteworthy.Is(process, line))
                Line(process, line.Level >= LineLevel.Warning ? $"{StateText.Word(line.Level)} {line.Text}" : line.Text);
        }
    }

    public void Fell(ProcessFall fall)
    {
        lock (_gate)
        {
            Line(fall.Process, fall.Why);
            if (everything)
                return; // its lines stand above
            foreach (var line in fall.LastLines)
                Line(fall.Process, $"| {line}");
        }
    }

    public void Say(string text)
    {
        lock (_gate)
            output.WriteLine(Stamp() + text);
    }

    private void Line(string process, string text) => output.WriteLine($"{Stamp()}{process,-18} {text}");

    private string Stamp() => everything ? $"{time.GetUtcNow():HH:mm:ss.fff} " : "";
}
