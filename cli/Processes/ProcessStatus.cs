namespace Espresso.Cli.Processes;

internal enum ProcessState
{
    /// <summary>Something it needs is being fetched.</summary>
    Fetching,
    Starting,
    Ready,

    /// <summary>It ended by itself and waits for its next start.</summary>
    Down,
    Stopping,
    Stopped,

    /// <summary>It ended by itself and is not started again.</summary>
    Failed,
}

/// <summary>How a process is, at one moment.</summary>
/// <param name="Detail">What a person should know besides; often empty.</param>
internal sealed record ProcessStatus(string Name, ProcessState State, string Detail = "", int? Id = null, Uri? Grpc = null, Uri? Http = null, int Restarts = 0);
