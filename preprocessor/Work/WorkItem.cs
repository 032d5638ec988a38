using System.Diagnostics;

namespace Espresso.Preprocessor.Work;

/// <summary>What a piece of work gave, and how long it waited and took.</summary>
internal sealed record Worked<T>(T Result, TimeSpan Wait, TimeSpan Took);

/// <summary>A piece of work on its way through the pool.</summary>
internal abstract class WorkItem(string operation, long enqueued, ActivityContext parent)
{
    public string Operation { get; } = operation;

    public long Enqueued { get; } = enqueued;

    public ActivityContext Parent { get; } = parent;

    /// <summary>Does the work and completes it; true if it went well. Throws nothing.</summary>
    public abstract bool Execute(WorkPool pool);

    public abstract void Fail(Exception error);
}

/// <inheritdoc/>
internal sealed class WorkItem<T>(string operation, long enqueued, ActivityContext parent, Func<WorkBudget, T> work, CancellationToken cancelled)
    : WorkItem(operation, enqueued, parent)
{
    private readonly TaskCompletionSource<Worked<T>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Worked<T>> Done => _done.Task;

    public override bool Execute(WorkPool pool)
    {
        var begun = pool.Time.GetTimestamp();
        try
        {
            var result = work(new WorkBudget(pool.Time, pool.TimeLimit, cancelled, pool));
            return _done.TrySetResult(new Worked<T>(result, pool.Time.GetElapsedTime(Enqueued, begun), pool.Time.GetElapsedTime(begun)));
        }
        catch (Exception error)
        {
            Fail(error);
            return false;
        }
    }

    public override void Fail(Exception error) => _done.TrySetException(error);
}
