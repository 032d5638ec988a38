using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Hooks;

/// <summary>A model's own code around its network.</summary>
public sealed class HookedExecutorTests
{
    private static readonly Manifest Manifest = new()
    {
        Model = "words",
        Outputs =
        [
            new OutputSpec { Name = "y", As = "y" },
            new OutputSpec { Name = "said", As = "said", Kind = OutputKind.Text, Length = 4 },
        ],
    };

    public static TheoryData<bool> Devices => [false, true];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Batch_HookThrowsAtOneItem_ThatItemFailsAloneAndTheOthersRunFromTheirOwnInputs(bool accelerator)
    {
        using var rig = new Rig(accelerator, hook: new Hook
        {
            Prepare = batch => Each(batch, row => batch.Input<float>("x", row)[0] += 10),
            Finish = batch => Each(batch, row =>
            {
                batch.Output<float>("y", row)[0] -= 10;
                if (batch.Input<float>("x", row)[0] is >= 13 and < 14)
                    throw new FormatException("thirteen");
            }),
        });
        rig.Executor.Stepwise = true;
        var first = rig.Enqueue(1);
        var run = await rig.Executor.Started();
        var items = new[] { 2, 3, 4 }.Select(value => rig.Enqueue(value, rows: 2)).ToList();
        rig.Executor.LetAllGo();
        run.LetGo();

        var failure = await Rig.Failure(items[1]);

        (failure.Kind, failure.Reason, failure.Message).ShouldBe((FailureKind.Internal, Reasons.ModelFailed, "hook Hook failed after the network: thirteen"));
        await Rig.ShouldHaveItsAnswer(first, 1);
        await Rig.ShouldHaveItsAnswer(items[0], 2);
        await Rig.ShouldHaveItsAnswer(items[2], 4);
        rig.Executor.Runs.Select(values => values.Length).ShouldBe([1, 6, 2, 2, 2]); // the batch once, then each by itself, once
        rig.Batcher.Counts().ShouldSatisfyAllConditions(counts => (counts.Done, counts.Failed, counts.Pending).ShouldBe((3, 1, 0)));
    }

    [Fact]
    public void Run_SeveralHooks_AreCalledInOrderBeforeAndAfter()
    {
        var calls = new List<string>();
        Hook Named(string name) => new() { Prepare = _ => calls.Add($"{name} before"), Finish = _ => calls.Add($"{name} after") };

        Run(1, Named("one"), Named("two"));

        calls.ShouldBe(["one before", "two before", "one after", "two after"]);
    }

    [Fact]
    public void Run_Text_IsWrittenWithZerosAfterItsEnd()
    {
        var outputs = Run(2, new Hook { Makes = ["said"], Finish = batch => batch.SetText("said", 1, "né") });

        outputs[1].ShouldBe([0, 0, 0, 0, .. "né"u8, 0], "what is not written is empty");
    }

    [Fact]
    public void Run_NetworkAgain_RunsOnTheInputsAsTheyAreNow()
    {
        var outputs = Run(1, new Hook
        {
            Finish = batch =>
            {
                batch.Output<float>("y", 0).CopyTo(batch.Input<float>("x", 0)); // two steps of one network
                batch.RunNetwork();
            },
        });

        MemoryMarshal.Cast<byte, float>(outputs[0])[0].ShouldBe(1 + (2 * FakeExecutor.Offset));
    }

    [Fact]
    public void Batch_WrongNamesTypesAndRows_AreToldWithTheMend()
    {
        Fault(batch => batch.Output<float>("z", 0)).ShouldContain("there is no tensor 'z'; there are: y, said");
        Fault(batch => batch.Input<float>("y", 0)).ShouldContain("there is no tensor 'y'; there are: x");
        Fault(batch => batch.Output<long>("y", 0)).ShouldContain("tensor 'y' is of FP32, which is no Int64");
        Fault(batch => batch.Output<float>("y", 1)).ShouldContain("row 1 of a batch of 1");
        Fault(batch => batch.SetText("said", 0, "hello")).ShouldContain("output 'said' would be a text of 5 bytes, but the manifest's length is 4");

        static string Fault(Action<HookBatch> finish) => Should.Throw<HookException>(() => Run(1, new Hook { Makes = ["said"], Finish = finish })).Message;
    }

    [Theory]
    [InlineData("nothing", "the manifest has no such output")]
    [InlineData("y", "a map has the network's size")]
    public void Start_HookMakesWhatItCannot_IsRefused(string name, string why)
    {
        using var network = new FakeExecutor(accelerator: false);

        Should.Throw<StartupException>(() => HookedExecutor.Of(network, [new Hook { Makes = [name] }], Manifest))
            .Message.ShouldStartWith($"words/{Manifest.Version}: hook Hook makes output '{name}': {why}");
    }

    [Fact]
    public void Start_TwoHooksMakeTheSame_IsRefused()
    {
        using var network = new FakeExecutor(accelerator: false);

        Should.Throw<StartupException>(() => HookedExecutor.Of(network, [new Hook { Makes = ["said"] }, new Hook { Makes = ["said"] }], Manifest))
            .Message.ShouldContain("the graph or another hook makes it already");
    }

    /// <summary>Items whose first value is 1 through the fake network and the hooks.</summary>
    /// <returns>Each output's bytes; the buffers held something else before.</returns>
    private static List<byte[]> Run(int rows, params Hook[] hooks)
    {
        using var network = new FakeExecutor(accelerator: false);
        using var executor = HookedExecutor.Of(network, hooks, Manifest);
        var input = new byte[rows * 16];
        MemoryMarshal.Cast<byte, float>(input.AsSpan()).Fill(1);
        var shapes = executor.OutputShapes([[1, 4]]);
        var outputs = executor.Outputs.Zip(shapes, (info, shape) =>
        {
            var bytes = new byte[rows * TensorMemory.ItemBytes(shape, info.Datatype)];
            bytes.AsSpan().Fill(0x55);
            return new TensorMemory(bytes, info.Datatype, shape);
        }).ToList();
        executor.Run(0, rows, [new TensorMemory(input, Datatype.Fp32, [1, 4])], outputs);
        MemoryMarshal.Cast<byte, float>(input.AsSpan()).ToArray().ShouldAllBe(value => value == 1, "a request's own input stays as it came");
        return outputs.ConvertAll(output => output.Memory.ToArray());
    }

    private static void Each(HookBatch batch, Action<int> row)
    {
        for (var i = 0; i < batch.Rows; i++)
            row(i);
    }

    private sealed class Hook : IModelHook
    {
        public IReadOnlyList<string> Makes { get; init; } = [];

        public Action<HookBatch> Prepare { get; init; } = _ => { };

        public Action<HookBatch> Finish { get; init; } = _ => { };

        public void Before(HookBatch batch) => Prepare(batch);

        public void After(HookBatch batch) => Finish(batch);
    }
}
