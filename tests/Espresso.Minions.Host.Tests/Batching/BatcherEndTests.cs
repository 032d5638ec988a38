using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Batching;

/// <summary>Items that end without a run: cancelled, too late, or there when the process stops.</summary>
public sealed class BatcherEndTests
{
    public static TheoryData<bool> Devices => [false, true];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Cancel_Waiting_NeverRuns(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var items = Enumerable.Range(2, 4).Select(value => rig.Enqueue(value)).ToList();
        if (accelerator)
            Rig.ShouldBeStaged(items);

        rig.Batcher.Cancel(items[1], Failure.Cancelled("gone"));

        (await Rig.Failure(items[1])).ShouldBe(Failure.Cancelled("gone"));
        Rig.IsGivenBack(items[1].Inputs[0].Payload).ShouldBeTrue();
        rig.Batcher.Counts().ShouldSatisfyAllConditions(counts => (counts.Dropped, counts.Pending).ShouldBe((1, 4)));
        run.LetGo();
        run = await rig.Executor.Started();
        run.Values.ShouldBe([2, 4, 5]);
        run.LetGo();
        await Rig.ShouldHaveItsAnswer(items[0], 2);
        await Rig.ShouldHaveItsAnswer(items[2], 4);
        await Rig.ShouldHaveItsAnswer(items[3], 5);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Cancel_Running_RunsOn(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        var item = rig.Enqueue(1);
        var run = await rig.Executor.Started();

        rig.Batcher.Cancel(item, Failure.Cancelled("gone"));
        run.LetGo();

        await Rig.ShouldHaveItsAnswer(item, 1);
        rig.Batcher.Counts().Done.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Cancel_Twice_CountsOnce(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        await rig.Executor.Started();
        var item = rig.Enqueue(2);
        var after = rig.Enqueue(3);
        if (accelerator)
            Rig.ShouldBeStaged([item, after]);

        rig.Batcher.Cancel(item, Failure.Cancelled("once"));
        rig.Batcher.Cancel(item, Failure.Cancelled("twice"));

        (await Rig.Failure(item)).Message.ShouldBe("once");
        rig.Batcher.Counts().Dropped.ShouldBe(1);
        rig.CountsShouldAddUp();
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Deadline_PassesInTheQueue_NeverRuns(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var kept = rig.Enqueue(2, rows: 2);
        var expired = rig.Enqueue(3, rows: 2, deadlineMs: 5000);
        var last = rig.Enqueue(4, rows: 2);
        if (accelerator)
            Rig.ShouldBeStaged([kept, expired, last]);

        rig.Time.Advance(TimeSpan.FromSeconds(10));
        run.LetGo();
        run = await rig.Executor.Started();
        run.Values.ShouldBe([2, 2.25f, 4, 4.25f], ignoreOrder: true);
        run.LetGo();

        (await Rig.Failure(expired)).Kind.ShouldBe(FailureKind.Late);
        await Rig.ShouldHaveItsAnswer(kept, 2);
        await Rig.ShouldHaveItsAnswer(last, 4);
        rig.Batcher.Counts().Dropped.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Dispose_WorkInFlight_FinishesWhatRunsAndFailsWhatWaits(bool accelerator)
    {
        using var rig = new Rig(accelerator, maxBatch: 2);
        rig.Executor.Stepwise = true;
        var running = rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var others = Enumerable.Range(2, 5).Select(value => rig.Enqueue(value)).ToList();
        if (accelerator)
            Rig.ShouldBeStaged(others[..2]);

        var end = Task.Run(rig.Batcher.Dispose);
        var failed = await Rig.Failure(others[4]);
        rig.Executor.LetAllGo();
        run.LetGo();
        await end.WaitAsync(Patience.Limit);

        (failed.Kind, failed.Reason).ShouldBe((FailureKind.Unavailable, Reasons.Draining));
        await Rig.ShouldHaveItsAnswer(running, 1);
        var outcomes = await Task.WhenAll(others.Select(Rig.Outcome));
        outcomes.Count(outcome => outcome.Failure is null).ShouldBe(accelerator ? 2 : 0); // what was staged is as good as running
        rig.Batcher.Counts().Pending.ShouldBe(0);
        rig.CountsShouldAddUp();
        rig.Batcher.TryEnqueue(rig.Item(9)).ShouldNotBeNull().Reason.ShouldBe(Reasons.Draining);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Dispose_AtAnyMoment_LeavesNobodyWithoutAnOutcome(bool accelerator)
    {
        for (var i = 0; i < 150; i++)
        {
            using var rig = new Rig(accelerator, instances: 1 + (i % 2), maxBatch: 3);
            var items = Enumerable.Range(1, 1 + (i % 9)).Select(value => rig.Enqueue(value)).ToList();

            await Task.Run(rig.Batcher.Dispose).WaitAsync(Patience.Limit);

            await Task.WhenAll(items.Select(Rig.Outcome));
            rig.Batcher.Counts().Pending.ShouldBe(0);
            rig.CountsShouldAddUp();
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task WhenIdle_WorkInFlight_CompletesAfterTheLast(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Batcher.WhenIdle().IsCompleted.ShouldBeTrue();
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        rig.Enqueue(2);

        var idle = rig.Batcher.WhenIdle();
        run.LetGo();
        run = await rig.Executor.Started();
        idle.IsCompleted.ShouldBeFalse();
        run.LetGo();

        await idle.WaitAsync(Patience.Limit);
        rig.Batcher.Counts().Done.ShouldBe(2);
    }
}
