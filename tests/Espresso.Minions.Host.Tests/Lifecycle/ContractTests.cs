using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;

namespace Espresso.Minions.Tests.Lifecycle;

public sealed class ContractTests
{
    private static readonly InputSpec Image = new() { Name = "image", Width = 4, Height = 2 };
    private static readonly OutputSpec Map = new() { Name = "map" };
    private static readonly TensorInfo ImageInfo = new("image", Datatype.Fp32, [-1, 3, 2, 4]);
    private static readonly TensorInfo MapInfo = new("map", Datatype.Fp32, [-1, 1, 2, 4]);

    [Fact]
    public void Ctor_Fitting_IsInTheNetworksOrder()
    {
        var mask = new InputSpec { Name = "mask", Kind = InputKind.Mask, Width = 4, Height = 2, Layout = TensorLayout.Nhwc };

        var contract = new Contract(
            Manifest([Image, mask], [Map]),
            new Network([new("mask", Datatype.Uint8, [-1, 2, 4, 1]), ImageInfo], [new("extra", Datatype.Int64, [-1]), MapInfo]));

        contract.Inputs.ShouldBe([mask, Image]);
        contract.Outputs.ShouldBe([null, Map]);
        contract.FixedShapes.ShouldNotBeNull().ShouldBe([[2, 4, 1], [3, 2, 4]]);
        Contract.BucketOf(contract.FixedShapes).ShouldBe("2x4x1;3x2x4");
    }

    [Fact]
    public void Ctor_TensorWithoutAShape_LeavesTheShapesOpen() =>
        new Contract(
            Manifest([Image, new InputSpec { Name = "steps", Kind = InputKind.Tensor }], [Map]),
            new Network([ImageInfo, new("steps", Datatype.Int64, [-1, -1])], [MapInfo])).FixedShapes.ShouldBeNull();

    [Fact]
    public void Ctor_ManyFaults_TellsAllAtOnce()
    {
        var fault = Should.Throw<StartupException>(() => new Contract(
            Manifest([Image, new InputSpec { Name = "depth", Width = 4, Height = 2 }], [Map, new OutputSpec { Name = "normals" }]),
            new Network([new("image", Datatype.Int32, [1, 3, 9, 9]), new("steps", Datatype.Int64, [-1])], [MapInfo])));

        var lines = fault.Message.Split(Environment.NewLine);
        lines.ShouldContain(line => line.Contains("input 'depth': the network has none of that name; it has 'image', 'steps'"));
        lines.ShouldContain(line => line.Contains("the network's input 'steps' stands not in the manifest"));
        lines.ShouldContain(line => line.Contains("output 'normals': the network has none"));
        lines.ShouldContain(line => line.Contains("the network's first dimension is 1"));
        lines.ShouldContain(line => line.Contains("a picture for a network that takes INT32"));
        lines.ShouldAllBe(line => line.StartsWith("fake/1.2: "));
    }

    [Fact]
    public void Ctor_OtherSize_SaysBoth() =>
        Should.Throw<StartupException>(() => new Contract(Manifest([Image], [Map]), new Network([new("image", Datatype.Fp32, [-1, 3, 9, 9])], [MapInfo])))
            .Message.ShouldContain("the manifest makes [n,3,2,4], the network takes [-1,3,9,9]");

    [Fact]
    public void Ctor_BytesWithTheirChannelsFirst_AreRefusedSinceNobodySendsThemSo() =>
        Should.Throw<StartupException>(() => new Contract(Manifest([Image], [Map]), new Network([new("image", Datatype.Uint8, [-1, 3, 2, 4])], [MapInfo])))
            .Message.ShouldContain("export it so, with layout: nhwc");

    private static Manifest Manifest(IReadOnlyList<InputSpec> inputs, IReadOnlyList<OutputSpec> outputs) =>
        new() { Model = "fake", Version = new ModelVersion(1, 2), Inputs = inputs, Outputs = outputs };

    private sealed class Network(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs) : IExecutor
    {
        public string Device => "none";

        public int Instances => 1;

        public bool IsAccelerator => false;

        public IReadOnlyList<TensorInfo> Inputs => inputs;

        public IReadOnlyList<TensorInfo> Outputs => outputs;

        public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes) => throw new NotSupportedException();

        public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) => throw new NotSupportedException();

        public void Dispose()
        {
            // nothing is held
        }
    }
}
