using Espresso.Coordinator.Registry;
using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>Whether a coordinator lets a request in. Each coordinator has its own.</summary>
internal interface IAdmission
{
    /// <summary>Time of a replica that requests have asked for, refused ones too; zero where nobody reckons it.</summary>
    TimeSpan Demand { get; }

    /// <returns>Null, or the reason of the refusal.</returns>
    string? TryAdmit(Request request, TimeSpan now);

    /// <summary>The end of an admitted request.</summary>
    void Release(Request request);

    /// <summary>A replica's lease has told its load.</summary>
    /// <param name="state">Which has the report already.</param>
    void Report(int replica, ReplicaState state);

    void Left(int replica);
}

/// <summary>Everybody comes in.</summary>
internal sealed class OpenAdmission : IAdmission
{
    public TimeSpan Demand => TimeSpan.Zero;

    public string? TryAdmit(Request request, TimeSpan now) => null;

    public void Release(Request request)
    {
    }

    public void Report(int replica, ReplicaState state)
    {
    }

    public void Left(int replica)
    {
    }
}
