using System.Runtime.InteropServices;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;
using Espresso.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Minions.Tests.Execution;

/// <summary>With a real network, minions/depth/0.1.</summary>
public sealed class OnnxExecutorTests : IDisposable
{
    private const int Pixels = 256 * 256;
    private static readonly string Folder = Packages.Depth;
    private static readonly Manifest Manifest = ManifestReader.ReadFolder(Folder).Manifest;
    private readonly OnnxExecutor _executor = OnnxExecutor.Load(Manifest, Folder, NullLogger.Instance);

    public void Dispose() => _executor.Dispose();

    [Fact]
    public void Load_Network_HasTheManifestsTensors()
    {
        _executor.Inputs.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            input => (input.Name, input.Datatype).ShouldBe(("image", Datatype.Fp32)),
            input => input.Shape.ShouldBe([-1, 3, 256, 256]));
        _executor.OutputShapes([[3, 256, 256]]).ShouldHaveSingleItem().ShouldBe([1, 256, 256]);
        _executor.Device.ShouldBe("cpu");
        _executor.Instances.ShouldBe(Math.Max(1, Environment.ProcessorCount));
    }

    [Fact]
    public void Run_BatchOfThree_EqualsThreeSingles()
    {
        var random = new Random(1);
        var three = Buffers();
        foreach (ref var value in Floats(three.Inputs[0]))
            value = random.NextSingle();
        _executor.Run(0, 3, three.Inputs, three.Outputs);

        for (var row = 0; row < 3; row++)
        {
            var one = Buffers();
            Floats(three.Inputs[0]).Slice(row * 3 * Pixels, 3 * Pixels).CopyTo(Floats(one.Inputs[0]));
            _executor.Run(0, 1, one.Inputs, one.Outputs);
            Difference(Floats(one.Outputs[0])[..Pixels], Floats(three.Outputs[0]).Slice(row * Pixels, Pixels)).ShouldBeLessThan(1e-4f);
        }
    }

    [Fact]
    public void Run_InPlace_EqualsCopied()
    {
        var assembly = new Assembly([Manifest.Inputs[0]], [Manifest.Outputs[0]]);
        var buffers = Buffers();
        using var payload = Payload.Rent(3 * Pixels * 4);
        var random = new Random(2);
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(payload.Span))
            value = random.NextSingle();
        var item = new InferItem
        {
            Bucket = "b",
            Inputs = [new ItemInput(Datatype.Fp32, [3, 256, 256], payload)],
            Outputs = [new OutputRequest(0, Datatype.Fp32)],
        };
        assembly.Write(item, buffers, 0);
        _executor.Run(0, 1, buffers.Inputs, buffers.Outputs);
        var copied = assembly.Read(item, buffers, 0, [])[0].Payload;

        var direct = new Payload?[1];
        _executor.Run(0, 1, assembly.InPlace(item, buffers), Assembly.OutPlace(item, buffers, direct));
        var inPlace = assembly.Read(item, buffers, 0, direct)[0].Payload;

        inPlace.Span.SequenceEqual(copied.Span).ShouldBeTrue();
        Floats(buffers.Outputs[0])[..Pixels].ContainsAnyExcept(0f).ShouldBeTrue();
    }

    [Fact]
    public void Run_SideBySide_KeepsRunsApart()
    {
        using var executor = OnnxExecutor.Load(Manifest with { Execution = new ExecutionSpec { Providers = ["cpu"], Instances = 4 } }, Folder, NullLogger.Instance);
        var buffers = Enumerable.Range(0, 4).Select(_ => Buffers()).ToList();
        foreach (var (each, i) in buffers.Select((each, i) => (each, i)))
            Floats(each.Inputs[0])[..(3 * Pixels)].Fill(i / 4f);
        buffers.ForEach(each => executor.Run(0, 1, each.Inputs, each.Outputs));
        var alone = buffers.Select(each => Floats(each.Outputs[0])[..Pixels].ToArray()).ToList();
        Difference(alone[0], alone[3]).ShouldBeGreaterThan(1e-2f);
        buffers.ForEach(each => Floats(each.Outputs[0]).Clear());

        Parallel.For(0, 4, i => executor.Run(i, 1, buffers[i].Inputs, buffers[i].Outputs));

        for (var i = 0; i < 4; i++)
            Difference(Floats(buffers[i].Outputs[0])[..Pixels], alone[i]).ShouldBeLessThan(1e-5f);
    }

    [Fact]
    public void Run_BufferTooSmall_IsRefused() =>
        Should.Throw<InvalidOperationException>(() => _executor.Run(0, 5, Buffers().Inputs, Buffers().Outputs));

    [Fact]
    public void Load_NoFile_SaysSo() =>
        Should.Throw<StartupException>(() => OnnxExecutor.Load(Manifest with { Network = "gone.onnx" }, Folder, NullLogger.Instance))
            .Message.ShouldContain("gone.onnx is missing");

    [Fact]
    public void Load_NoNetwork_SaysSo() =>
        Should.Throw<StartupException>(() => OnnxExecutor.Load(Manifest with { Network = "manifest.yaml" }, Folder, NullLogger.Instance))
            .Message.ShouldContain("no execution provider could load manifest.yaml");

    [Fact]
    public void Load_ProviderMissing_FallsBackToTheNext()
    {
        using var executor = OnnxExecutor.Load(
            Manifest with { Execution = new ExecutionSpec { Providers = ["tensorrt", "cuda", "cpu"], Instances = 3 } }, Folder, NullLogger.Instance);

        (executor.Device, executor.Instances).ShouldBe(("cpu", 3));
    }

    [Fact]
    public void Load_RequiredProviderMissing_IsAStartFault() =>
        Should.Throw<StartupException>(() => OnnxExecutor.Load(
            Manifest with { Execution = new ExecutionSpec { Providers = ["cuda", "cpu"], Require = "cuda" } }, Folder, NullLogger.Instance))
            .Message.ShouldContain("cuda: ");

    [Fact]
    public void OutputShapes_OpenSides_AreFoundByARun()
    {
        using var executor = Tiny(Networks.Open);

        executor.Inputs[0].Shape.ShouldBe([-1, -1, -1, -1]);
        executor.OutputShapes([[3, 5, 4]]).ShouldHaveSingleItem().ShouldBe([3, 5, 2]);
    }

    [Fact]
    public void OutputShapes_ThatTheNetworkFailsOn_AreRefused()
    {
        using var executor = Tiny(Networks.Open);

        Should.Throw<InvalidOperationException>(() => executor.OutputShapes([[3, 5, 9]]));
    }

    [Theory]
    [InlineData(4, "has a text of 5 bytes, but the manifest's length is 4")]
    [InlineData(5, null)]
    public void Run_TextThatIsLongerThanDeclared_FailsInsteadOfBeingCut(int length, string? says)
    {
        using var executor = Tiny(Networks.Kinds, Packages.Kinds.Replace("length: 32", $"length: {length}"));
        var buffers = new BatchBuffers("b", executor, [[3, 2, 4]], executor.OutputShapes([[3, 2, 4]]), 1);
        Floats(buffers.Inputs[0]).Clear(); // buffers come as they were left
        Floats(buffers.Inputs[0])[8..16].Fill(1); // "grün"

        var run = () => executor.Run(0, 1, buffers.Inputs, buffers.Outputs);

        if (says is null)
            run.ShouldNotThrow();
        else
            run.ShouldThrow<InvalidOperationException>().Message.ShouldContain(says);
    }

    [Fact]
    public void Load_StringsThatTheManifestDoesNotName_AreLeftOut()
    {
        using var executor = Tiny(Networks.Kinds, Packages.Kinds.Replace("  - { name: words, kind: text, length: 32 }\n", ""));

        executor.Outputs.Select(output => output.Name).ShouldBe(["labels", "scores", "vector"]);
    }

    private static OnnxExecutor Tiny(byte[] network, string manifest = Packages.Tiny) =>
        OnnxExecutor.Load(ManifestReader.Read(manifest, "tiny"), Packages.Write(manifest, network), NullLogger.Instance);

    private static Span<float> Floats(TensorMemory tensor) => MemoryMarshal.Cast<byte, float>(tensor.Memory.Span);

    private static float Difference(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var most = 0f;
        for (var i = 0; i < a.Length; i++)
            most = Math.Max(most, Math.Abs(a[i] - b[i]));
        return most;
    }

    private BatchBuffers Buffers() => new("b", _executor, [[3, 256, 256]], [[1, 256, 256]], 4);
}
