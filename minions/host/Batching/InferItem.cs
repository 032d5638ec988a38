using Espresso.Errors;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Batching;

/// <summary>A request in the batcher, from its acceptance to its one outcome.</summary>
internal sealed class InferItem : WorkItem
{
    // Continuations run on the thread that has the result: it sends the reply without another hop.
    private readonly TaskCompletionSource<InferOutcome> _done = new();

    public required IReadOnlyList<ItemInput> Inputs { get; init; }

    public required IReadOnlyList<OutputRequest> Outputs { get; init; }

    /// <summary>Completes exactly once. The outputs belong to the one who awaits it.</summary>
    public Task<InferOutcome> Done => _done.Task;

    /// <returns>False: it had its outcome already.</returns>
    public bool Finish(InferOutcome outcome) => _done.TrySetResult(outcome);

    public void ReleaseInputs()
    {
        foreach (var input in Inputs)
            input.Payload.Dispose();
    }
}

/// <summary>Outputs, or a failure; and the stamps that explain the latency.</summary>
internal sealed record InferOutcome(IReadOnlyList<ItemOutput> Outputs, Failure? Failure, ItemTimes Times)
{
    public static InferOutcome ForFailure(Failure failure) => new([], failure, default);
}

/// <summary>Every item is stamped at the same few moments, on the batcher's clock.</summary>
internal readonly record struct ItemTimes(
    TimeSpan Enqueued, TimeSpan Taken, TimeSpan Started, TimeSpan Computed, TimeSpan Finished, long BatchId, int BatchRows, ReleaseReason Release);
