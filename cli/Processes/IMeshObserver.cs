namespace Espresso.Cli.Processes;

/// <summary>Is told what the processes do, from any thread.</summary>
internal interface IMeshObserver
{
    void Changed(ProcessStatus status);

    void Wrote(string process, OutputLine line);

    /// <summary>A process ended that nobody asked to.</summary>
    void Fell(ProcessFall fall);
}

/// <summary>The end of a process that nobody asked for, with the last lines that it wrote.</summary>
internal sealed record ProcessFall(string Process, string Why, IReadOnlyList<string> LastLines);

/// <summary>A process ended that was needed.</summary>
internal sealed class ProcessFallException(ProcessFall fall) : Exception($"{fall.Process} {fall.Why}")
{
    public ProcessFall Fall { get; } = fall;
}
