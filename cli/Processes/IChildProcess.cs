namespace Espresso.Cli.Processes;

/// <summary>A running process that we started. Disposing it kills it, if it still runs, and reaps it.</summary>
internal interface IChildProcess : IAsyncDisposable
{
    int Id { get; }

    /// <summary>The exit code; completes after the last line of output was handed on. A process that a signal ended has 128 + its number.</summary>
    Task<int> Exited { get; }

    /// <summary>Asks it to drain and stop; without effect once it has ended.</summary>
    void Ask();

    /// <summary>Ends it at once; without effect once it has ended.</summary>
    void Kill();
}

/// <summary>Starts processes; <paramref name="line"/> gets every line of output, from one thread at a time for each stream.</summary>
/// <exception cref="System.ComponentModel.Win32Exception">The file cannot be started.</exception>
internal delegate IChildProcess StartProcess(ProcessSpec spec, Action<string> line);
