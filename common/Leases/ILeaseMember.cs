using Espresso.Protos.Registry;

namespace Espresso.Leases;

/// <summary>What a process tells the coordinators of itself.</summary>
public interface ILeaseMember
{
    /// <summary>Completes when the process is warm and may be found.</summary>
    Task Ready { get; }

    /// <summary>Who it is; host, port and id are filled in by the lease.</summary>
    Registration Describe();

    /// <summary>How it is doing now.</summary>
    Load Report();

    /// <summary>Completes when nothing that was accepted is unfinished.</summary>
    Task WhenIdle(CancellationToken cancellation);
}
