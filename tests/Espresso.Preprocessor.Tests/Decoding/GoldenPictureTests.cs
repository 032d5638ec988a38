using Espresso.Preprocessor.Decoding;

namespace Espresso.Preprocessor.Tests.Decoding;

public sealed class GoldenPictureTests
{
    private static readonly TensorSpec Own = new(0, 0, Fit.Stretch, ChannelOrder.Rgb);

    [Theory]
    [InlineData("plain.jpg", 4)]
    [InlineData("progressive.jpg", 4)]
    [InlineData("plain.png", 0)]
    [InlineData("interlaced.png", 0)]
    [InlineData("palette.png", 0)]
    [InlineData("deep.png", 0)]
    [InlineData("plain.webp", 6)]
    [InlineData("lossless.webp", 0)]
    [InlineData("plain.avif", 6)]
    [InlineData("plain.gif", 0)]
    [InlineData("plain.tif", 0)]
    [InlineData("deep.tif", 0)]
    public void Decode_EveryFormat_ShowsTheMotif(string name, int tolerance)
    {
        var (pixels, _) = Core.Decode(Core.Fixture(name), Own);

        (pixels.Width, pixels.Height).ShouldBe((Motif.Width, Motif.Height));
        pixels.ShouldShow(tolerance, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    [Theory]
    [InlineData("swapped.png")]
    [InlineData("p3.jpg")]
    [InlineData("p3.webp")]
    [InlineData("deepp3.png")]
    public void Decode_WithAProfile_ShowsTheColoursThatItMeans(string name) =>
        Core.Decode(Core.Fixture(name), Own).Pixels.ShouldShow(6, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);

    [Theory]
    [InlineData("swapped.png")]
    [InlineData("deepp3.png")]
    public void Decode_WithAProfileAndManyTensors_ShowsTheColoursThatItMeans(string name)
    {
        var picture = Core.Decoder.Decode(Core.Fixture(name), [Own, new TensorSpec(20, 20, Fit.Stretch, ChannelOrder.Rgb)], Core.Budget);

        foreach (var tensor in picture.Tensors)
            Pixels.Take(tensor).ShouldShow(6, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    [Fact]
    public void Decode_DamagedProfile_IsPassedOver()
    {
        var file = Core.Fixture("p3.jpg");
        file.AsSpan().IndexOf("acsp"u8).ShouldBeGreaterThan(0);
        "junk"u8.CopyTo(file.AsSpan(file.AsSpan().IndexOf("acsp"u8)));

        Core.Decode(file, Own).Pixels.ShouldShow(60, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    [Fact]
    public void Decode_Cmyk_ShowsAboutTheMotif() =>
        Core.Decode(Core.Fixture("cmyk.jpg"), Own).Pixels.ShouldShow(80, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);

    [Theory]
    [InlineData("alpha.png")]
    [InlineData("alpha.webp")]
    public void Decode_Alpha_IsFlattenedOnWhite(string name)
    {
        var halfGreen = ((Motif.Green.Red + 255) / 2, (Motif.Green.Green + 255) / 2, (Motif.Green.Blue + 255) / 2);

        Core.Decode(Core.Fixture(name), Own).Pixels.ShouldShow(2, Motif.Red, halfGreen, Motif.White, Motif.Pale);
    }

    [Theory]
    [InlineData("animated.gif")]
    [InlineData("animated.webp")]
    public void Decode_Animation_ShowsItsFirstFrame(string name) =>
        Core.Decode(Core.Fixture(name), Own).Pixels.ShouldShow(6, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);

    [Theory]
    [InlineData("gray.jpg")]
    [InlineData("deepgray.png")]
    public void Decode_Gray_IsTheSameInEveryChannelOrder(string name)
    {
        var (gray, _) = Core.Decode(Core.Fixture(name), Own with { Order = ChannelOrder.Gray });
        var (rgb, _) = Core.Decode(Core.Fixture(name), Own);

        gray.Channels.ShouldBe(1);
        ((int)gray[45, 30]).ShouldBeInRange(220, 235);
        ((int)gray[15, 10]).ShouldBeInRange(60, 110);
        for (var channel = 0; channel < 3; channel++)
            rgb[15, 10, channel].ShouldBe(gray[15, 10]);
    }

    [Fact]
    public void Decode_Bilevel_IsBlackAndWhite()
    {
        var (gray, _) = Core.Decode(Core.Fixture("bilevel.png"), Own with { Order = ChannelOrder.Gray });

        gray[45, 30].ShouldBe((byte)255);
        gray[15, 30].ShouldBe((byte)0);
    }

    [Fact]
    public void Decode_Bgr_HasRedAndBlueChanged()
    {
        var (pixels, _) = Core.Decode(Core.Fixture("plain.png"), Own with { Order = ChannelOrder.Bgr });

        pixels.At(15, 10).ShouldBe(((byte)40, (byte)40, (byte)210));
    }

    [Fact]
    public void Decode_GrayOfColours_WeighsThemAsBt601()
    {
        var (pixels, _) = Core.Decode(Core.Fixture("plain.png"), Own with { Order = ChannelOrder.Gray });

        ((double)pixels[15, 10]).ShouldBe((0.299 * 210) + (0.587 * 40) + (0.114 * 40), 1);
        ((double)pixels[45, 10]).ShouldBe((0.299 * 40) + (0.587 * 170) + (0.114 * 60), 1);
    }
}
