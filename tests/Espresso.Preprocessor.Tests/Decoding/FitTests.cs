using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;

namespace Espresso.Preprocessor.Tests.Decoding;

public sealed class FitTests
{
    [Fact]
    public void Placement_Stretch_FillsTheTensor()
    {
        var geometry = Placement.Of(new TensorSpec(30, 50, Fit.Stretch, ChannelOrder.Rgb), 60, 40).Geometry(60, 40);

        geometry.ShouldBe(new Geometry(60, 40, new Rect(0, 0, 60, 40), new Rect(0, 0, 30, 50)));
    }

    [Fact]
    public void Placement_Pad_CentresTheWholePicture()
    {
        var geometry = Placement.Of(new TensorSpec(33, 33, Fit.Pad, ChannelOrder.Rgb), 60, 40).Geometry(60, 40);

        geometry.ShouldBe(new Geometry(60, 40, new Rect(0, 0, 60, 40), new Rect(0, 5, 33, 22)));
    }

    [Fact]
    public void Placement_Crop_CutsBothEndsOfTheLongerSide()
    {
        var geometry = Placement.Of(new TensorSpec(20, 20, Fit.Crop, ChannelOrder.Rgb), 60, 40).Geometry(60, 40);

        geometry.ShouldBe(new Geometry(60, 40, new Rect(10, 0, 40, 40), new Rect(0, 0, 20, 20)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 999)]
    [InlineData(640, 3)]
    [InlineData(17, 333)]
    public void Placement_AnyPictureAndFit_StaysInsideBothFrames(int width, int height)
    {
        foreach (var fit in Enum.GetValues<Fit>())
        {
            foreach (var side in new[] { 1, 7, 64, 255 })
            {
                var geometry = Placement.Of(new TensorSpec(side, 64, fit, ChannelOrder.Rgb), width, height).Geometry(width, height);

                geometry.Content.X.ShouldBeGreaterThanOrEqualTo(0);
                (geometry.Content.X + geometry.Content.Width).ShouldBeLessThanOrEqualTo(side);
                (geometry.Content.Y + geometry.Content.Height).ShouldBeLessThanOrEqualTo(64);
                geometry.Source.X.ShouldBeGreaterThanOrEqualTo(0);
                (geometry.Source.X + geometry.Source.Width).ShouldBeLessThanOrEqualTo(width + 1e-6);
                (geometry.Source.Y + geometry.Source.Height).ShouldBeLessThanOrEqualTo(height + 1e-6);
                geometry.Content.Width.ShouldBeGreaterThanOrEqualTo(1);
                geometry.Content.Height.ShouldBeGreaterThanOrEqualTo(1);
            }
        }
    }

    [Fact]
    public void Placement_ThinPictureToFill_IsRefused() =>
        Core.Failure(() => Placement.Of(new TensorSpec(60_000, 60_000, Fit.Crop, ChannelOrder.Rgb), 1, 50_000)).Message.ShouldContain("too thin");

    [Fact]
    public void Decode_Pad_FillsTheRest()
    {
        var (pixels, _) = Core.Decode(Core.Fixture("plain.png"), new TensorSpec(60, 60, Fit.Pad, ChannelOrder.Rgb, Fill: 77));

        pixels.At(30, 9).ShouldBe(((byte)77, (byte)77, (byte)77));
        pixels.At(30, 50).ShouldBe(((byte)77, (byte)77, (byte)77));
        pixels.At(15, 15).ShouldBe(((byte)210, (byte)40, (byte)40));
        pixels.At(45, 45).ShouldBe(((byte)230, (byte)230, (byte)220));
    }

    /// <summary>A dot at a known place of the picture is where the geometry says, in the tensor and back in the picture.</summary>
    [Theory]
    [InlineData(301, 200, 96, 96, "Pad", 75, 50)]
    [InlineData(301, 200, 97, 61, "Pad", 220, 150)]
    [InlineData(301, 200, 96, 96, "Crop", 140, 33)]
    [InlineData(199, 333, 64, 96, "Crop", 100, 200)]
    [InlineData(200, 150, 333, 111, "Stretch", 160, 20)]
    [InlineData(120, 90, 400, 400, "Pad", 20, 70)]
    [InlineData(120, 90, 401, 300, "Crop", 60, 45)]
    public void Decode_ThenEncode_BringsADotBackToItsPlace(int width, int height, int tensorWidth, int tensorHeight, string fit, int x, int y)
    {
        const int Radius = 6;
        var dotted = Pixels.Of(width, height, 3, (px, py, _) => Math.Abs(px - x) <= Radius && Math.Abs(py - y) <= Radius ? (byte)255 : (byte)0);
        var file = Core.Encode(Core.Png(Core.Tensor(dotted)));

        var (tensor, geometry) = Core.Decode(file, new TensorSpec(tensorWidth, tensorHeight, Enum.Parse<Fit>(fit), ChannelOrder.Gray));
        var back = Core.Encode(new EncodeJob(Core.Tensor(tensor, geometry), OutputFormat.Png, 8, 0, 0, 0, Blend: null));
        var (seen, _) = Core.Decode(back, new TensorSpec(0, 0, Fit.Stretch, ChannelOrder.Gray));

        var inTensor = Centre(tensor);
        inTensor.X.ShouldBe(geometry.Content.X + ((x + 0.5 - geometry.Source.X) * geometry.Content.Width / geometry.Source.Width), 0.3);
        inTensor.Y.ShouldBe(geometry.Content.Y + ((y + 0.5 - geometry.Source.Y) * geometry.Content.Height / geometry.Source.Height), 0.3);
        (seen.Width, seen.Height).ShouldBe((width, height));
        var inPicture = Centre(seen);
        inPicture.X.ShouldBe(x + 0.5, 0.6);
        inPicture.Y.ShouldBe(y + 0.5, 0.6);
    }

    private static (double X, double Y) Centre(Pixels picture)
    {
        var (sum, sumX, sumY) = (0.0, 0.0, 0.0);
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                var value = picture[x, y];
                (sum, sumX, sumY) = (sum + value, sumX + ((x + 0.5) * value), sumY + ((y + 0.5) * value));
            }
        }

        return (sumX / sum, sumY / sum);
    }
}
