using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Batching;

/// <summary>Runs that fail.</summary>
public sealed class BatcherFaultTests
{
    public static TheoryData<bool> Devices => [false, true];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Batch_OneItemAtFault_FailsAlone(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Stepwise = true;
        rig.Executor.Faulty[3] = true;
        rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var items = new[] { 2, 3, 4 }.Select(value => rig.Enqueue(value, rows: 2)).ToList();
        rig.Executor.LetAllGo();
        run.LetGo();

        var failure = await Rig.Failure(items[1]);

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.Internal, Reasons.ModelFailed));
        failure.Message.ShouldContain("3 is faulty");
        await Rig.ShouldHaveItsAnswer(items[0], 2);
        await Rig.ShouldHaveItsAnswer(items[2], 4);
        rig.Executor.Runs.Select(values => values.Length).ShouldBe([1, 6, 2, 2, 2]); // the batch once, then each by itself, once
        rig.Batcher.Counts().ShouldSatisfyAllConditions(counts => (counts.Done, counts.Failed, counts.Pending).ShouldBe((3, 1, 0)));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task LoneItem_AtFault_FailsAfterOneRun(bool accelerator)
    {
        using var rig = new Rig(accelerator);
        rig.Executor.Faulty[3] = true;

        var item = rig.Enqueue(3);

        (await Rig.Failure(item)).Reason.ShouldBe(Reasons.ModelFailed);
        rig.Executor.Runs.Count.ShouldBe(1);
        Rig.IsGivenBack(item.Inputs[0].Payload).ShouldBeTrue();
        await Rig.ShouldHaveItsAnswer(rig.Enqueue(4), 4);
    }

    [Fact]
    public async Task LoneItem_AtFault_GivesItsReplysRoomBack()
    {
        const int Width = 400_000; // of a size that no other test rents
        using var rig = new Rig(accelerator: false, maxBatch: 1);
        rig.Executor.Faulty[3] = true;
        var item = rig.Item(3, width: Width);
        var spare = Espresso.Wire.Payload.Rent(Width * 4);
        var spareArray = ArrayOf(spare);
        spare.Dispose();

        rig.Batcher.TryEnqueue(item).ShouldBeNull();
        await Rig.Failure(item);

        // Both are back: the one for the reply that was not to be, and the input's.
        using var one = Espresso.Wire.Payload.Rent(Width * 4);
        using var other = Espresso.Wire.Payload.Rent(Width * 4);
        new[] { ArrayOf(one), ArrayOf(other) }.ShouldContain(array => ReferenceEquals(array, spareArray));
    }

    private static byte[] ArrayOf(Espresso.Wire.Payload payload)
    {
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(payload.Memory, out var array).ShouldBeTrue();
        return array.Array!;
    }
}
