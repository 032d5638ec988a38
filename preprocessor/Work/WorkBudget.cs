using System.Globalization;
using Espresso.Errors;

namespace Espresso.Preprocessor.Work;

/// <summary>The time one piece of work has, and its caller's patience. Work asks between parts and stops when either is at its end.</summary>
internal sealed class WorkBudget(TimeProvider time, TimeSpan limit, CancellationToken cancelled)
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
}
