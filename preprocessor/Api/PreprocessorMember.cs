using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Preprocessor.Work;
using Espresso.Protos.Registry;

namespace Espresso.Preprocessor.Api;

/// <summary>This process as the coordinators and the health checks see it: there when it is warm, away when it is to end.</summary>
internal sealed class PreprocessorMember(WorkPool pool, HealthState health, IHostApplicationLifetime lifetime)
    : ILeaseMember
{
    private const string Service = "espresso.preprocessor.v1.Preprocessor";

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ready => _ready.Task;

    public Registration Describe() => new() { Preprocessor = new PreprocessorRole { Workers = (uint)pool.Workers } };

    public Load Report()
    {
        var counts = pool.Counts;
        return new Load
        {
            Pending = (uint)(counts.Waiting + counts.Running),
            Running = (uint)counts.Running,
            BacklogMs = pool.Backlog.TotalMilliseconds,
            Done = (ulong)counts.Done,
            Failed = (ulong)counts.Failed,
            Dropped = (ulong)counts.Dropped,
            Rejected = (ulong)counts.Rejected,
            ResidentBytes = (ulong)Environment.WorkingSet,
            Instances = (uint)pool.Workers,
        };
    }

    public Task WhenIdle(CancellationToken cancellation) => pool.WhenIdle(cancellation);

    /// <summary>The listeners are up: warm-up through them, then it may be found.</summary>
    public async Task Open(Uri self, CancellationToken cancelled)
    {
        await WarmUp.Run(self, cancelled);
        health.Set(true, "", Service);
        lifetime.ApplicationStopping.Register(() => health.Set(false, "", Service));
        _ready.SetResult();
    }
}
