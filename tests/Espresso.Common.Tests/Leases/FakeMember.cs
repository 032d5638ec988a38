using Espresso.Leases;
using Espresso.Protos.Registry;
using Espresso.TestKit;

namespace Espresso.Common.Tests.Leases;

/// <summary>A process that would join, in the state that a test gives it.</summary>
internal sealed class FakeMember : ILeaseMember
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idleAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeMember(bool ready = true)
    {
        if (ready)
            SetReady();
    }

    public Task Ready => _ready.Task;

    /// <summary>Completes when the holder asks whether all is finished.</summary>
    public Task IdleAsked => _idleAsked.Task.WaitAsync(Patience.Limit);

    public bool IsIdleAsked => _idleAsked.Task.IsCompleted;

    public uint Pending { get; set; }

    /// <summary>Runs whenever a report is made.</summary>
    public Action? Reporting { get; set; }

    public void SetReady() => _ready.TrySetResult();

    public void SetIdle() => _idle.TrySetResult();

    /// <summary>How often it was asked who it is.</summary>
    public int Descriptions { get; private set; }

    public Registration Describe()
    {
        Descriptions++;
        return new() { Minion = new MinionRole { Manifest = "model: depth", Device = "cpu" } };
    }

    public Load Report()
    {
        Reporting?.Invoke();
        return new Load { Pending = Pending };
    }

    public Task WhenIdle(CancellationToken cancellation)
    {
        _idleAsked.TrySetResult();
        return _idle.Task.WaitAsync(cancellation);
    }
}
