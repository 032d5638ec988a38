using Espresso.Errors;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Batching;

/// <summary>The open batch of an accelerator that is busy.</summary>
public sealed class BatcherStagingTests
{
    private static readonly Failure Gone = Failure.Cancelled("gone");

    [Fact]
    public async Task Staging_BusyAccelerator_AssemblesTheNextBatchMeanwhile()
    {
        using var rig = new Rig(accelerator: true, maxBatch: 2);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var items = Enumerable.Range(2, 3).Select(value => rig.Enqueue(value)).ToList();

        Rig.ShouldBeStaged(items[..2]); // while the first batch still runs
        Rig.IsGivenBack(items[2].Inputs[0].Payload).ShouldBeFalse(); // no room left
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        run.LetGo();
        run = await rig.Executor.Started();
        run.Values.ShouldBe([2, 3]);
        rig.Executor.LetAllGo();

        var times = (await Rig.Outcome(items[1])).Times;
        (times.Started - times.Taken).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        await Rig.ShouldHaveItsAnswer(items[2], 4);
    }

    [Fact]
    public async Task Cancel_Staged_MakesRoomForTheNext()
    {
        using var rig = new Rig(accelerator: true, maxBatch: 2);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var items = Enumerable.Range(2, 3).Select(value => rig.Enqueue(value)).ToList();
        Rig.ShouldBeStaged(items[..2]);

        rig.Batcher.Cancel(items[0], Gone);

        Rig.ShouldBeStaged(items[2]);
        run.LetGo();
        (await rig.Executor.Started()).Values.ShouldBe([3, 4]);
    }

    [Fact]
    public async Task Cancel_AllThatIsStaged_MakesRoomForAnotherShape()
    {
        using var rig = new Rig(accelerator: true);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var gone = rig.Enqueue(2);
        Rig.ShouldBeStaged(gone);
        var other = rig.Enqueue(3, width: 6);

        rig.Batcher.Cancel(gone, Gone);

        Rig.ShouldBeStaged(other);
        (await Rig.Failure(gone)).ShouldBe(Gone);
        run.LetGo();
        run = await rig.Executor.Started();
        run.Values.ShouldBe([3]);
        run.LetGo();
        await Rig.ShouldHaveItsAnswer(other, 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_WhileRowsAreWritten_TakesTheRightOneOut(bool theOneThatIsWritten)
    {
        var held = new HeldMean();
        using var rig = new Rig(accelerator: true, held: held);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var before = rig.Enqueue(2);
        Rig.ShouldBeStaged(before);
        var written = rig.EnqueuePicture(3);
        await held.Asked;
        var (gone, stays) = theOneThatIsWritten ? (written, 2f) : (before, 3f);

        var caller = new Thread(() => rig.Batcher.Cancel(gone, Gone));
        caller.Start();
        Patience.Until(() => !caller.IsAlive || caller.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        held.LetGo();

        (await Rig.Failure(gone)).ShouldBe(Gone);
        caller.Join();
        Rig.ShouldBeStaged(rig.Enqueue(4));
        run.LetGo();
        (await rig.Executor.Started()).Values.ShouldBe([stays, 4]);
    }

    [Fact]
    public async Task Cancel_AtAnyMoment_CostsTheDeviceNothingAndMixesNothingUp()
    {
        using var rig = new Rig(accelerator: true, maxPending: 10_000);
        rig.Executor.Stepwise = true;
        rig.Enqueue(1, width: Rig.Large);
        var run = await rig.Executor.Started();
        var kept = new List<(Espresso.Minions.Batching.InferItem Item, float Value)>();
        for (var i = 0; i < 400; i++)
        {
            if (i % 100 == 50)
                kept.Add((rig.Enqueue(i, width: Rig.Large), i));
            var gone = rig.Enqueue(-i, width: Rig.Large);
            Thread.SpinWait(i * 37 % 1000);
            rig.Batcher.Cancel(gone, Gone);
            (await Rig.Failure(gone)).ShouldBe(Gone);
        }

        rig.RunToIdle();

        foreach (var (item, value) in kept)
            await Rig.ShouldHaveItsAnswer(item, value);
        rig.Executor.Runs.SelectMany(values => values).ShouldBe([1, 50, 150, 250, 350]);
        rig.Batcher.Counts().ShouldSatisfyAllConditions(counts => (counts.Received, counts.Dropped).ShouldBe((405, 400)));
    }
}
