using System.Buffers.Binary;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Traffic;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;

namespace Espresso.Coordinator.Tests.Traffic;

public sealed class TensorComparisonTests
{
    [Fact]
    public void Bytes_WithoutRange_AreComparedAsPartsOfFullScale()
    {
        var difference = TensorComparison.Compare(Bytes(0, 100, 255, 51), Bytes(0, 151, 204, 51), OutputKind.Map)!.Value;
        difference.Mean.ShouldBe(0.1, 1e-9);
        difference.Largest.ShouldBe(0.2, 1e-9);
        difference.Agreement.ShouldBeNull();
    }

    [Fact]
    public void Values_OfDifferentRanges_AreComparedAsValues()
    {
        var wide = Bytes(0, 255) with { Range = new ValueRange(0, 10) };
        var narrow = Words(0, ushort.MaxValue) with { Range = new ValueRange(1, 5) };
        var difference = TensorComparison.Compare(wide, narrow, OutputKind.Map)!.Value;
        difference.Mean.ShouldBe(3, 1e-9); // |0 − 1| and |10 − 5|
        difference.Largest.ShouldBe(5, 1e-9);
    }

    [Fact]
    public void Masks_AgreeWherePixelsAreOnOneSideOfAHalf() =>
        TensorComparison.Compare(Bytes(0, 127, 128, 255), Bytes(120, 200, 129, 0), OutputKind.Mask)!.Value.Agreement.ShouldBe(0.5);

    [Fact]
    public void Tensors_OfOtherSizes_CannotBeCompared() =>
        TensorComparison.Compare(Bytes(0, 1), Bytes(0, 1, 2), OutputKind.Map).ShouldBeNull();

    private static PlacedTensor Bytes(params byte[] values) =>
        new(new ModelTensor { Datatype = Datatype.Uint8, Width = (uint)values.Length, Height = 1, Channels = 1 }, Payload.CopyOf(values));

    private static PlacedTensor Words(params ushort[] values)
    {
        var payload = Payload.Rent(2 * values.Length);
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(payload.Span[(2 * i)..], values[i]);
        return new PlacedTensor(new ModelTensor { Datatype = Datatype.Uint16, Width = (uint)values.Length, Height = 1, Channels = 1 }, payload);
    }
}
