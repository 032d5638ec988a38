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
        var difference = Compare(OutputKind.Map, Bytes(0, 100, 255, 51), Bytes(0, 151, 204, 51))!.Value;
        difference.Mean.ShouldBe(0.1, 1e-9);
        difference.Largest.ShouldBe(0.2, 1e-9);
        difference.Agreement.ShouldBeNull();
    }

    [Fact]
    public void Values_OfDifferentRanges_AreComparedAsValues()
    {
        var wide = Bytes(0, 255) with { Range = new ValueRange(0, 10) };
        var narrow = Words(0, ushort.MaxValue) with { Range = new ValueRange(1, 5) };
        var difference = Compare(OutputKind.Map, wide, narrow)!.Value;
        difference.Mean.ShouldBe(3, 1e-9); // |0 − 1| and |10 − 5|
        difference.Largest.ShouldBe(5, 1e-9);
    }

    [Fact]
    public void Masks_AgreeWherePixelsAreOnOneSideOfAHalf() =>
        Compare(OutputKind.Mask, Bytes(0, 127, 128, 255), Bytes(120, 200, 129, 0))!.Value.Agreement.ShouldBe(0.5);

    [Fact]
    public void Tensors_OfOtherSizes_CannotBeCompared() =>
        Compare(OutputKind.Map, Bytes(0, 1), Bytes(0, 1, 2)).ShouldBeNull();

    [Fact]
    public void Compare_Labels_GoByTheirNamesWhateverTheirOrder()
    {
        var labels = new OutputSpec { Kind = OutputKind.Labels, Labels = ["day", "night", "dusk"], Top = 1, Least = 0.5f };

        var difference = TensorComparison.Compare(labels, Floats(0.6f, 0.3f, 0.1f), labels with { Labels = ["dusk", "day", "night"] }, Floats(0.1f, 0.9f, 0.3f))!.Value;

        difference.Mean.ShouldBe(0.1, 1e-6);
        difference.Largest.ShouldBe(0.3, 1e-6);
        difference.Agreement.ShouldBe(1);
        TensorComparison.Compare(labels, Floats(0.6f, 0.3f, 0.1f), labels, Floats(0.3f, 0.6f, 0.1f))!.Value.Agreement.ShouldBe(0);
        TensorComparison.Compare(labels, Floats(0, 0, 0), labels with { Labels = ["day", "night", "noon"] }, Floats(0, 0, 0)).ShouldBeNull();
    }

    [Fact]
    public void Compare_Scores_AreInTheirOwnUnit()
    {
        var scores = new OutputSpec { Kind = OutputKind.Scores, Scores = [new("a", new(0, 10), "a"), new("b", new(0, 10), "b")] };

        TensorComparison.Compare(scores, Floats(1, 2), scores, Floats(4, 3)).ShouldBe(new TensorDifference(2, 3, null));
        TensorComparison.Compare(scores, Floats(1, float.NaN), scores, Floats(4, 3)).ShouldBeNull();
    }

    [Fact]
    public void Compare_Embeddings_AgreeByTheirAngle()
    {
        var embedding = new OutputSpec { Kind = OutputKind.Embedding, Size = 2 };

        TensorComparison.Compare(embedding, Floats(1, 0), embedding, Floats(3, 0)).ShouldBe(new TensorDifference(1, 2, 1));
        TensorComparison.Compare(embedding, Floats(1, 0), embedding, Floats(0, 5))!.Value.Agreement.ShouldBe(0);
        TensorComparison.Compare(embedding, Floats(0, 0), embedding, Floats(0, 5))!.Value.Agreement.ShouldBe(0);
    }

    [Fact]
    public void Compare_Texts_AreTheSameOrNot()
    {
        var text = new OutputSpec { Kind = OutputKind.Text, Length = 4 };

        TensorComparison.Compare(text, Bytes(65, 0, 0, 0), text, Bytes(65, 0, 7, 7)).ShouldBe(new TensorDifference(0, 0, 1));
        TensorComparison.Compare(text, Bytes(65, 0, 0, 0), text, Bytes(66, 0, 0, 0)).ShouldBe(new TensorDifference(1, 1, 0));
        TensorComparison.Compare(text, Bytes(65, 0, 0, 0), new OutputSpec(), Bytes(66, 0, 0, 0)).ShouldBeNull();
    }

    private static TensorDifference? Compare(OutputKind kind, PlacedTensor one, PlacedTensor other) =>
        TensorComparison.Compare(new OutputSpec { Kind = kind }, one, new OutputSpec { Kind = kind }, other);

    private static PlacedTensor Floats(params float[] values) => new(
        new ModelTensor { Datatype = Datatype.Fp32, Width = (uint)values.Length, Height = 1, Channels = 1 },
        Payload.CopyOf(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan())));

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
