using System.Runtime.InteropServices;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Wire;

namespace Espresso.Minions.Tests.Execution;

public sealed class AssemblyTests
{
    private static readonly InputSpec Picture = new() { Name = "image", Width = 2, Height = 2, Mean = [0.1f, 0.2f, 0.3f], Std = [0.5f, 0.25f, 0.125f] };

    [Fact]
    public void Write_PictureAndTensor_LieAsIfInPlace()
    {
        var (assembly, buffers) = Make();
        byte[] pixels = [.. Enumerable.Range(0, 24).Select(i => (byte)(i * 10))];
        using var picture = Payload.CopyOf(pixels);
        using var raw = Payload.CopyOf(pixels.AsSpan(0, 6));
        var item = Item(2, [], new ItemInput(Datatype.Uint8, [3, 2, 2], picture), new ItemInput(Datatype.Uint8, [3], raw));

        assembly.Write(item, buffers, 1);
        var copied = Floats(buffers.Inputs[0])[12..36].ToArray();
        var inPlace = assembly.InPlace(item, buffers);

        Floats(inPlace[0])[..24].ToArray().ShouldBe(copied);
        inPlace[1].Memory.Span[..6].ToArray().ShouldBe(buffers.Inputs[1].Memory.Span[3..9].ToArray());
        // Second row, third pixel, green: byte 12 + 3·2 + 1.
        copied[12 + 4 + 2].ShouldBe(((190 / 255f) - 0.2f) / 0.25f, 1e-5f);
    }

    [Fact]
    public void Read_Row_IsThatRow()
    {
        var (assembly, buffers) = Make();
        Fill(buffers.Outputs[0]);

        var output = assembly.Read(Item(2, [Datatype.Fp32]), buffers, 1, []).ShouldHaveSingleItem();

        output.Shape.ShouldBe([2, 3, 2, 2]);
        MemoryMarshal.Cast<byte, float>(output.Payload.Span).ToArray().ShouldBe(Enumerable.Range(12, 24).Select(i => (float)i));
        (output.Low, output.High).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(TensorLayout.Nchw)]
    [InlineData(TensorLayout.Nhwc)]
    public void Read_Quantised_IsPixelsInTheRangeOfTheItem(TensorLayout layout)
    {
        var (assembly, buffers) = Make(layout);
        Fill(buffers.Outputs[0]);

        var outputs = assembly.Read(Item(1, [Datatype.Uint8, Datatype.Uint16]), buffers, 2, []);

        (outputs[0].Low, outputs[0].High).ShouldBe((24, 35));
        var (height, width, channels) = layout == TensorLayout.Nchw ? (2, 2, 3) : (3, 2, 2);
        outputs[0].Shape.ShouldBe([1, height, width, channels]);
        var expected = Enumerable.Range(0, 12).Select(i => layout == TensorLayout.Nchw ? (i % 3 * 4) + (i / 3) : i).Select(i => i / 11.0).ToArray();
        outputs[0].Payload.Span.ToArray().ShouldBe(expected.Select(part => (byte)Math.Round(part * 255)));
        MemoryMarshal.Cast<byte, ushort>(outputs[1].Payload.Span).ToArray().ShouldBe(expected.Select(part => (ushort)Math.Round(part * 65535)));
    }

    [Fact]
    public void OutPlace_WantedAsItIs_IsTheRepliesOwnMemory()
    {
        var (assembly, buffers) = Make();
        var item = Item(1, [Datatype.Fp32, Datatype.Fp32]);
        var direct = new Payload?[1];

        var tensors = Assembly.OutPlace(item, buffers, direct);
        Fill(tensors[0]);
        var outputs = assembly.Read(item, buffers, 0, direct);

        outputs[0].Payload.ShouldBeSameAs(direct[0]);
        MemoryMarshal.Cast<byte, float>(outputs[1].Payload.Span)[11].ShouldBe(11);
    }

    [Theory]
    [InlineData(new long[] { 3, 4, 5 }, TensorLayout.Nchw, 3, 4, 5)]
    [InlineData(new long[] { 4, 5, 3 }, TensorLayout.Nhwc, 3, 4, 5)]
    [InlineData(new long[] { 4, 5 }, TensorLayout.Nchw, 1, 4, 5)]
    public void PictureShape_Layouts_AreTold(long[] shape, TensorLayout layout, long channels, long height, long width) =>
        Assembly.PictureShape(shape, layout).ShouldBe((channels, height, width));

    [Fact]
    public void PictureShape_NoPicture_IsAnError() =>
        Should.Throw<InvalidOperationException>(() => Assembly.PictureShape([5], TensorLayout.Nchw));

    private static (Assembly Assembly, BatchBuffers Buffers) Make(TensorLayout layout = TensorLayout.Nchw)
    {
        var executor = new Shapes();
        var output = new OutputSpec { Name = "out", Kind = OutputKind.Image, Layout = layout };
        return (new Assembly([Picture, null], [output]), new BatchBuffers("b", executor, [[3, 2, 2], [3]], [[3, 2, 2]], 4));
    }

    private static InferItem Item(int rows, Datatype[] outputs, params ItemInput[] inputs) =>
        new() { Bucket = "b", Rows = rows, Inputs = inputs, Outputs = [.. outputs.Select(datatype => new OutputRequest(0, datatype))] };

    private static Span<float> Floats(TensorMemory tensor) => MemoryMarshal.Cast<byte, float>(tensor.Memory.Span);

    private static void Fill(TensorMemory tensor)
    {
        for (var i = 0; i < Floats(tensor).Length; i++)
            Floats(tensor)[i] = i;
    }

    private sealed class Shapes : IExecutor
    {
        public string Device => "none";

        public int Instances => 1;

        public bool IsAccelerator => false;

        public IReadOnlyList<TensorInfo> Inputs { get; } = [new("image", Datatype.Fp32, [-1, 3, 2, 2]), new("raw", Datatype.Uint8, [-1, 3])];

        public IReadOnlyList<TensorInfo> Outputs { get; } = [new("out", Datatype.Fp32, [-1, 3, 2, 2])];

        public IReadOnlyList<long[]> OutputShapes(IReadOnlyList<long[]> itemShapes) => [[3, 2, 2]];

        public void Run(int instance, int rows, IReadOnlyList<TensorMemory> inputs, IReadOnlyList<TensorMemory> outputs) => throw new NotSupportedException();

        public void Dispose()
        {
            // nothing is held
        }
    }
}
