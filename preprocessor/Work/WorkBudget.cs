using System.Globalization;
using Espresso.Errors;

namespace Espresso.Preprocessor.Work;

/// <summary>The time one piece of work has, and its caller's patience. Work asks between parts and stops when either is at its end.</summary>
/// <param name="pool">Whose idle threads may help; null: there are none.</param>
internal sealed class WorkBudget(TimeProvider time, TimeSpan limit, CancellationToken cancelled, WorkPool? pool = null)
{
    private readonly long _start = time.GetTimestamp();

    public bool IsSpent => cancelled.IsCancellationRequested || time.GetElapsedTime(_start) > limit;

    /// <exception cref="FailureException">The budget is spent.</exception>
    public void ThrowIfSpent()
    {
        if (cancelled.IsCancellationRequested)
            throw new FailureException(Failure.Cancelled("the caller went away or its deadline has passed"));
        if (time.GetElapsedTime(_start) > limit)
        {
            var seconds = limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw new FailureException(new Failure(FailureKind.Late, Reasons.TimeLimit, $"the picture takes longer than the {seconds} s that one operation has"));
        }
    }

    /// <summary>Does <paramref name="work"/> for 0 to <paramref name="parts"/> - 1, several at a time where threads of the pool are idle.</summary>
    /// <exception cref="FailureException">A part's own.</exception>
    public void InParts(int parts, Action<int> work)
    {
        if (pool is not null && parts > 1)
        {
            pool.Share(parts, work);
            return;
        }

        for (var part = 0; part < parts; part++)
            work(part);
    }
}
