using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;

namespace Espresso.Preprocessor.Tests.Decoding;

public sealed class NeededPixelsTests
{
    [Theory]
    [InlineData(1.0, 1)]
    [InlineData(4.0, 1)]
    [InlineData(0.34, 1)]
    [InlineData(0.33, 2)]
    [InlineData(0.16, 4)]
    [InlineData(0.08, 8)]
    [InlineData(0.001, 8)]
    public void ShrinkOnLoad_NeededShare_LeavesTheFilterHalfAsMuchAgain(double needed, int shrink) =>
        NeededPixels.ShrinkOnLoad(needed).ShouldBe(shrink);

    [Theory]
    [InlineData("Jpeg")]
    [InlineData("Webp")]
    [InlineData("Png")]
    public void Decode_SmallerAndSmaller_ShowsTheSamePicture(string format)
    {
        // A slow wave: what is small shows it as well as what is large.
        var wave = Pixels.Of(1600, 1200, 3, (x, y, channel) => (byte)(128 + (100 * Math.Sin((x / 250.0) + (y / 400.0) + channel))));
        var file = Core.Encode(new EncodeJob(Core.Tensor(wave), Enum.Parse<OutputFormat>(format), 8, 95, 0, 0, Blend: null));
        int[] widths = [1600, 800, 520, 400, 200, 133, 80, 40];

        foreach (var width in widths)
        {
            var (pixels, _) = Core.Decode(file, new TensorSpec(width, width * 3 / 4, Fit.Stretch, ChannelOrder.Rgb));
            for (var i = 1; i < 8; i++)
            {
                var (x, y) = (pixels.Width * i / 8, pixels.Height * i / 8);
                var (wholeX, wholeY) = (((x + 0.5) * 1600 / pixels.Width) - 0.5, ((y + 0.5) * 1200 / pixels.Height) - 0.5);
                ((double)pixels[x, y, 0]).ShouldBe(128 + (100 * Math.Sin((wholeX / 250.0) + (wholeY / 400.0))), 6, $"width {width}, at {x}, {y}");
            }
        }
    }

    [Fact]
    public void Decode_ManySpecs_GivesTheSameAsEachAlone()
    {
        var scene = Pixels.Of(900, 700, 3, (x, y, channel) => (byte)(128 + (100 * Math.Sin((x / 30.0) + channel) * Math.Cos(y / 47.0))));
        var file = Core.Encode(new EncodeJob(Core.Tensor(scene), OutputFormat.Jpeg, 8, 95, 0, 0, Blend: null));
        TensorSpec[] specs =
        [
            new(128, 128, Fit.Stretch, ChannelOrder.Rgb),
            new(96, 128, Fit.Pad, ChannelOrder.Bgr, Fill: 9),
            new(64, 64, Fit.Crop, ChannelOrder.Gray),
        ];

        var together = Core.Decoder.Decode(file, specs, Core.Budget).Tensors.Select(Pixels.Take).ToArray();

        for (var i = 0; i < specs.Length; i++)
        {
            var (alone, _) = Core.Decode(file, specs[i]);
            together[i].Bytes.Length.ShouldBe(alone.Bytes.Length);
            var difference = together[i].Bytes.Zip(alone.Bytes, (a, b) => Math.Abs(a - b)).Average();
            difference.ShouldBeLessThan(1.5, $"spec {i}");
        }
    }

    [Fact]
    public void Decode_Enlarged_IsSmooth()
    {
        var (pixels, _) = Core.Decode(Core.Fixture("plain.png"), new TensorSpec(600, 400, Fit.Stretch, ChannelOrder.Rgb));

        pixels.ShouldShow(0, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }
}
