namespace Espresso.Cli.Processes;

/// <summary>The processes of one mesh, from the first start to the last end.</summary>
/// <remarks>Disposing it stops what runs: nothing that it started outlives it.</remarks>
internal sealed class Mesh(Restart restart, TimeSpan stopLimit, StartProcess start, IMeshObserver observer, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Member> _members = [];
    private readonly CancellationTokenSource _kill = new(Timeout.InfiniteTimeSpan, time);

    /// <summary>Starts a process.</summary>
    /// <param name="stage">Processes of a lower stage have ended before those of a higher one are asked to.</param>
    public SupervisedProcess Start(ProcessSpec spec, int stage)
    {
        var process = new SupervisedProcess(spec, restart, start, observer, time);
        var stop = new CancellationTokenSource();
        var member = new Member(process, stage, stop, process.Run(stop.Token, _kill.Token));
        lock (_gate)
            _members.Add(member);
        return process;
    }

    /// <summary>Waits until every process is ready.</summary>
    /// <exception cref="ProcessFallException">One ended before.</exception>
    public Task Ready() => WhenAllOrFirstFailure(Members().Select(member => member.Process.Ready));

    /// <summary>Waits until every process is ready, but for those that fall before they are and without which others can serve.</summary>
    public Task Tried() => Task.WhenAll(Members().Select(member => member.Process.Tried));

    /// <summary>The names of those that are not ready yet, or never were.</summary>
    public IReadOnlyList<string> NotReady() =>
        [.. Members().Where(member => !member.Process.Ready.IsCompletedSuccessfully).Select(member => member.Process.Status.Name)];

    /// <summary>Waits until a process has ended for good, and says why; what is always started again does not, until the stop.</summary>
    public async Task Ended(CancellationToken cancellation) =>
        await WhenAllOrFirstFailure(Members().Select(member => member.Run)).WaitAsync(cancellation);

    /// <summary>Asks every process to finish what it has accepted and end; kills what has not after the limit, or at once on <paramref name="now"/>.</summary>
    public async Task Stop(CancellationToken now)
    {
        _kill.CancelAfter(stopLimit);
        await using var hurry = now.Register(_kill.Cancel);
        foreach (var stage in Members().GroupBy(member => member.Stage).OrderBy(stage => stage.Key))
        {
            foreach (var member in stage)
                await member.Stop.CancelAsync();
            foreach (var member in stage)
                await member.Run.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stop(CancellationToken.None);
        foreach (var member in Members())
            member.Stop.Dispose();
        _kill.Dispose();
    }

    private Member[] Members()
    {
        lock (_gate)
            return [.. _members];
    }

    private static async Task WhenAllOrFirstFailure(IEnumerable<Task> tasks)
    {
        await foreach (var task in Task.WhenEach(tasks))
            await task;
    }

    private sealed record Member(SupervisedProcess Process, int Stage, CancellationTokenSource Stop, Task Run);
}
