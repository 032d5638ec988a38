using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;

namespace Espresso.Preprocessor.Tests.Encoding;

public sealed class BlendTests
{
    private static readonly TensorSpec Own = new(0, 0, Fit.Stretch, ChannelOrder.Rgb);

    /// <summary>A wholly white tensor over a gray picture, where a square mask is bright.</summary>
    [Fact]
    public void Blend_Square_TakesTheTensorInsideAndThePictureOutside()
    {
        var picture = Core.Encode(Core.Png(Core.Tensor(Pixels.Of(400, 300, 3, (_, _, _) => 100))));
        var geometry = Placement.Of(new TensorSpec(64, 64, Fit.Pad, ChannelOrder.Rgb), 400, 300).Geometry(400, 300);
        var tensor = Core.Tensor(Pixels.Of(64, 64, 3, (_, _, _) => 255), geometry);
        // Tensor pixels 24..40 are the picture's columns 150..250.
        var mask = Core.Tensor(Pixels.Of(64, 64, 1, (x, y, _) => x is >= 24 and < 40 && y is >= 24 and < 40 ? (byte)255 : (byte)0), geometry);

        var (blended, _) = Core.Decode(Core.Encode(Core.Png(tensor) with { Blend = new Blend(mask, picture) }), Own);

        (blended.Width, blended.Height).ShouldBe((400, 300));
        blended.At(200, 150).ShouldBe(((byte)255, (byte)255, (byte)255));
        blended.At(153, 150).ShouldBe(((byte)255, (byte)255, (byte)255)); // inside, right to the border
        blended.At(100, 150).ShouldBe(((byte)100, (byte)100, (byte)100));
        blended.At(200, 20).ShouldBe(((byte)100, (byte)100, (byte)100));
        var border = Enumerable.Range(130, 25).Select(x => (int)blended[x, 150]).ToArray();
        border.ShouldBeInOrder(SortDirection.Ascending);
        border.Count(value => value is > 105 and < 250).ShouldBeGreaterThan(8); // soft, over two mask pixels of six each
    }

    [Fact]
    public void Blend_EmptyMask_LeavesThePictureAsItIs()
    {
        var file = Core.Fixture("plain.png");
        var (motif, geometry) = Core.Decode(file, Own);
        var black = Core.Tensor(Pixels.Of(60, 40, 3, (_, _, _) => 0), geometry);
        var mask = Core.Tensor(Pixels.Of(60, 40, 1, (_, _, _) => 0), geometry);

        var (blended, _) = Core.Decode(Core.Encode(Core.Png(black) with { Blend = new Blend(mask, file) }), Own);

        blended.Bytes.ShouldBe(motif.Bytes);
    }

    [Fact]
    public void Blend_SmallerFile_IsBlendedAtThatSize()
    {
        var file = Core.Fixture("plain.png");
        var (_, geometry) = Core.Decode(file, Own);
        var black = Core.Tensor(Pixels.Of(60, 40, 3, (_, _, _) => 0), geometry);
        var mask = Core.Tensor(Pixels.Of(60, 40, 1, (x, _, _) => x >= 40 ? (byte)255 : (byte)0), geometry);

        var (blended, _) = Core.Decode(Core.Encode(Core.Png(black) with { Width = 30, Height = 20, Blend = new Blend(mask, file) }), Own);

        (blended.Width, blended.Height).ShouldBe((30, 20));
        blended.At(25, 10).ShouldBe(((byte)0, (byte)0, (byte)0));
        blended.At(5, 5).ShouldBe(((byte)210, (byte)40, (byte)40));
    }

    [Fact]
    public void Blend_PictureOfAnotherSize_IsRefused()
    {
        var tensor = Core.Tensor(Pixels.Of(8, 8, 3, (_, _, _) => 0));
        var mask = Core.Tensor(Pixels.Of(8, 8, 1, (_, _, _) => 0));

        var failure = Core.Failure(() => Core.Encode(Core.Png(tensor) with { Blend = new Blend(mask, Core.Fixture("plain.png")) }));

        failure.Reason.ShouldBe(Reasons.InvalidRequest);
        failure.Message.ShouldContain("60 × 40");
        failure.Message.ShouldContain("8 × 8");
    }

    [Fact]
    public void Blend_MaskOfAnotherPicture_IsRefused()
    {
        var tensor = Core.Tensor(Pixels.Of(60, 40, 3, (_, _, _) => 0));
        var mask = Core.Tensor(Pixels.Of(8, 8, 1, (_, _, _) => 0));

        Core.Failure(() => Core.Encode(Core.Png(tensor) with { Blend = new Blend(mask, Core.Fixture("plain.png")) })).Kind.ShouldBe(FailureKind.Invalid);
    }
}
