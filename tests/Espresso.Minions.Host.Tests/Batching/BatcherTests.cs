using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Batching;

/// <summary>What holds on every kind of device.</summary>
public sealed class BatcherTests
{
    public static TheoryData<bool> Devices => [false, true];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Enqueue_FreeDevice_RunsAtOnce(bool accelerator)
    {
        using var rig = new Rig(accelerator);

        var item = rig.Enqueue(7);

        await Rig.ShouldHaveItsAnswer(item, 7);
        Rig.IsGivenBack(item.Inputs[0].Payload).ShouldBeTrue();
        var times = (await Rig.Outcome(item)).Times;
        (times.BatchId, times.BatchRows, times.Release).ShouldBe((1, 1, ReleaseReason.DeviceFree));
        rig.Batcher.Counts().ShouldSatisfyAllConditions(
            counts => (counts.Received, counts.Done, counts.Pending).ShouldBe((1, 1, 0)),
            counts => (counts.Failed, counts.Dropped, counts.Rejected).ShouldBe((0, 0, 0)));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Enqueue_BusyDevice_BatchesFormMeanwhile(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        var first = rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var others = Enumerable.Range(2, 5).Select(value => rig.Enqueue(value)).ToList();

        run.LetGo();
        run = await rig.Executor.Started();
        run.Values.ShouldBe([2, 3, 4, 5, 6]);
        run.LetGo();

        await Rig.ShouldHaveItsAnswer(first, 1);
        foreach (var (item, i) in others.Select((item, i) => (item, i)))
            await Rig.ShouldHaveItsAnswer(item, i + 2);
        (await Rig.Outcome(others[4])).Times.BatchRows.ShouldBe(5);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Enqueue_MixedRowsAndShapes_EachGetsItsOwn(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        var items = new List<(InferItem Item, float Value)> { (rig.Enqueue(1), 1) };
        var run = await rig.Executor.Started();
        foreach (var (value, rows, width) in new[] { (10, 2, 4), (20, 1, 6), (30, 3, 4), (40, 2, 6), (50, 1, 4), (60, 8, 4), (70, 5, 6) })
            items.Add((rig.Enqueue(value, rows, width), value));
        rig.Executor.LetAllGo();
        run.LetGo();

        foreach (var (item, value) in items)
            await Rig.ShouldHaveItsAnswer(item, value);
        rig.Executor.Runs.ShouldAllBe(values => values.Length <= 8);
        rig.CountsShouldAddUp();
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Enqueue_QueueFull_IsOverloadWithATimeToComeBack(bool accelerator)
    {
        using var rig = new Rig(accelerator, maxPending: 3);
        rig.Executor.Stepwise = true;
        var items = Enumerable.Range(1, 3).Select(value => rig.Enqueue(value)).ToList();
        var run = await rig.Executor.Started();

        var refusal = rig.Batcher.TryEnqueue(rig.Item(4)).ShouldNotBeNull();

        (refusal.Kind, refusal.Reason).ShouldBe((FailureKind.Overloaded, Reasons.QueueFull));
        refusal.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        rig.Batcher.Counts().ShouldSatisfyAllConditions(
            counts => (counts.Received, counts.Pending, counts.Rejected).ShouldBe((3, 3, 1)),
            counts => counts.Backlog.ShouldBeGreaterThan(TimeSpan.Zero));

        rig.Executor.LetAllGo();
        run.LetGo();
        await Task.WhenAll(items.Select(Rig.Outcome));
        await Rig.ShouldHaveItsAnswer(rig.Enqueue(5), 5);
    }

    [Fact]
    public async Task Enqueue_QueueFullAndCostsUnknown_StillNamesATime()
    {
        using var rig = new Rig(accelerator: false, maxPending: 1);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1, width: 9);
        await rig.Executor.Started();

        rig.Batcher.TryEnqueue(rig.Item(2, width: 9)).ShouldNotBeNull().RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task Enqueue_ManyThreads_EveryItemHasItsOutcome(bool accelerator, int instances)
    {
        using var rig = new Rig(accelerator, instances, maxBatch: 4, maxPending: 50, fixedMs: 0.01);
        var callers = Task.WhenAll(Enumerable.Range(0, 6).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                var value = 1 + (caller * 1000) + i;
                rig.Time.Advance(TimeSpan.FromMilliseconds(1));
                var item = rig.Item(value, rows: 1 + (i % 3), width: 4 + (i % 2 * 2));
                rig.Batcher.TryEnqueue(item).ShouldBeNull();
                if (i % 5 == 0)
                    rig.Batcher.Cancel(item, Failure.Cancelled("gone"));
                var outcome = await Rig.Outcome(item);
                if (outcome.Failure is null)
                    await Rig.ShouldHaveItsAnswer(item, value);
                else
                    outcome.Failure.Kind.ShouldBe(FailureKind.Cancelled);
            }
        })));
        rig.GoOnUntil(callers); // while all of them wait, somebody may be held for the next
        await callers;

        var counts = rig.Batcher.Counts();
        (counts.Received, counts.Pending, counts.Running, counts.Failed).ShouldBe((1200, 0, 0, 0));
        rig.CountsShouldAddUp();
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Times_Stamps_AreInOrder(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var item = rig.Enqueue(2);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        run.LetGo();
        run = await rig.Executor.Started();
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        run.LetGo();

        var times = (await Rig.Outcome(item)).Times;

        new[] { times.Enqueued, times.Taken, times.Started, times.Computed, times.Finished }.ShouldBeInOrder();
        (times.Started - times.Enqueued).ShouldBe(TimeSpan.FromSeconds(1));
        (times.Computed - times.Started).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Priority_BusyDevice_GoesFirst()
    {
        using var rig = new Rig(accelerator: false, maxBatch: 1);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        rig.Enqueue(2);
        rig.Enqueue(3, deadlineMs: 900_000);
        rig.Enqueue(4, priority: 1);

        var order = new List<float>();
        for (var i = 0; i < 3; i++)
        {
            run.LetGo();
            run = await rig.Executor.Started();
            order.AddRange(run.Values);
        }

        run.LetGo();
        order.ShouldBe([4, 3, 2]);
    }

    [Fact]
    public async Task TwoInstances_TwoItems_RunSideBySide()
    {
        using var rig = new Rig(accelerator: false, instances: 2);
        rig.Executor.Stepwise = true;
        var items = new[] { rig.Enqueue(1), rig.Enqueue(2) };

        var runs = new[] { await rig.Executor.Started(), await rig.Executor.Started() };

        runs.SelectMany(run => run.Values).ShouldBe([1, 2], ignoreOrder: true);
        rig.Batcher.Counts().Running.ShouldBe(2);
        foreach (var run in runs)
            run.LetGo();
        await Task.WhenAll(items.Select(Rig.Outcome));
    }

    /// <summary>Several outputs of one request, of which one is the network's own memory and one made from it.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public async Task LoneItem_OutputAsItIsAndQuantised_BothAreItsOwn(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        await Rig.Outcome(rig.Enqueue(900)); // leaves its traces in the buffers

        var item = rig.Enqueue(200, rows: 1, width: 4, outputs: [Datatype.Fp32, Datatype.Uint8, Datatype.Fp32]);

        var outputs = (await Rig.Outcome(item)).Outputs;
        outputs[0].Payload.Span.ToArray().ShouldBe(outputs[2].Payload.Span.ToArray());
        BitConverter.ToSingle(outputs[0].Payload.Span).ShouldBe(1200);
        outputs[1].Payload.Span.ToArray().ShouldBe([51, 51, 51, 51]); // a fifth of the range
    }
}
