using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;

namespace Espresso.Preprocessor.Tests.Encoding;

public sealed class PictureEncoderTests
{
    private static readonly TensorSpec Own = new(0, 0, Fit.Stretch, ChannelOrder.Rgb);

    [Theory]
    [InlineData("Png", "image/png", 0)]
    [InlineData("Webp", "image/webp", 8)]
    [InlineData("Jpeg", "image/jpeg", 8)]
    public void Encode_EachFormat_ShowsTheTensor(string format, string mediaType, int tolerance)
    {
        var (motif, _) = Core.Decode(Core.Fixture("plain.png"), Own);

        var file = Core.Encoder.Encode(new EncodeJob(Core.Tensor(motif), Enum.Parse<OutputFormat>(format), 8, 0, 0, 0, Blend: null), Core.Budget);
        using var contents = file.Contents;

        (file.MediaType, file.Width, file.Height).ShouldBe((mediaType, 60, 40));
        var picture = Core.Decoder.Decode(contents.Memory, [Own], Core.Budget);
        picture.Format.ToString().ShouldBe(format);
        Pixels.Take(picture.Tensors[0]).ShouldShow(tolerance, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    [Fact]
    public void Encode_AskedSize_IsThatSize()
    {
        var (motif, _) = Core.Decode(Core.Fixture("plain.png"), Own);

        var file = Core.Encode(Core.Png(Core.Tensor(motif)) with { Width = 31, Height = 77 });

        var (pixels, _) = Core.Decode(file, Own);
        (pixels.Width, pixels.Height).ShouldBe((31, 77));
        pixels.ShouldShow(0, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    [Fact]
    public void Encode_SixteenBits_KeepsThemAll()
    {
        float[] values = [0f, 1 / 65_535f, 300 / 65_535f, 1f];
        var tensor = new ModelTensor(SampleType.Float32, 4, 1, 1, Geometry.Whole(4, 1), 0, 1, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

        var file = Core.Encode(Core.Png(tensor) with { Bits = 16 });

        file[24].ShouldBe((byte)16); // IHDR's bit depth
        file[25].ShouldBe((byte)0); // and colour type: gray
        PngRow.Read(file).ShouldBe([0, 0, 0, 1, 300 >> 8, 300 & 0xff, 0xff, 0xff]);
    }

    [Fact]
    public void Encode_OwnRange_StretchesSmallestToLargest()
    {
        float[] depth = [10f, 20f, 30f, 40f];
        var tensor = new ModelTensor(SampleType.Float32, 2, 2, 1, Geometry.Whole(2, 2), 0, 0, MemoryMarshal.AsBytes(depth.AsSpan()).ToArray());

        var (pixels, _) = Core.Decode(Core.Encode(Core.Png(tensor)), Own with { Order = ChannelOrder.Gray });

        pixels.Bytes.ShouldBe([0, 85, 170, 255]);
    }

    [Fact]
    public void Encode_Padded_LeavesThePaddingAway()
    {
        var (padded, geometry) = Core.Decode(Core.Fixture("plain.png"), new TensorSpec(60, 60, Fit.Pad, ChannelOrder.Rgb, Fill: 255));

        var (pixels, _) = Core.Decode(Core.Encode(Core.Png(Core.Tensor(padded, geometry))), Own);

        (pixels.Width, pixels.Height).ShouldBe((60, 40));
        pixels.At(0, 0).ShouldBe(((byte)210, (byte)40, (byte)40));
        pixels.At(59, 39).ShouldBe(((byte)230, (byte)230, (byte)220));
    }

    [Fact]
    public void Encode_Cropped_IsPlacedOnBlack()
    {
        var (cropped, geometry) = Core.Decode(Core.Fixture("plain.png"), new TensorSpec(40, 40, Fit.Crop, ChannelOrder.Rgb));

        var (pixels, _) = Core.Decode(Core.Encode(Core.Png(Core.Tensor(cropped, geometry))), Own);

        (pixels.Width, pixels.Height).ShouldBe((60, 40));
        pixels.At(9, 5).ShouldBe(((byte)0, (byte)0, (byte)0));
        pixels.At(10, 5).ShouldBe(((byte)210, (byte)40, (byte)40));
        pixels.At(49, 35).ShouldBe(((byte)230, (byte)230, (byte)220));
        pixels.At(50, 35).ShouldBe(((byte)0, (byte)0, (byte)0));
    }

    [Theory]
    [InlineData("Png")]
    [InlineData("Webp")]
    [InlineData("Jpeg")]
    public void Encode_EachFormat_CarriesNoMetadata(string format)
    {
        var (motif, geometry) = Core.Decode(Core.Fixture("p3.jpg"), Own);
        var white = Core.Tensor(Pixels.Of(60, 40, 1, (_, _, _) => 255), geometry);

        var file = Core.Encode(new EncodeJob(
            Core.Tensor(motif), Enum.Parse<OutputFormat>(format), 8, 0, 0, 0, new Blend(white, Core.Fixture("p3.jpg"))));

        foreach (var mark in new[] { "Exif", "EXIF", "eXIf", "ICC", "iCCP", "acsp", "XMP", "xmp", "tEXt", "iTXt", "zTXt", "vips" })
            file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(mark)).ShouldBe(-1, mark);
    }

    [Theory]
    [InlineData("Jpeg", 16, 0, 0, 0)]
    [InlineData("Webp", 16, 0, 0, 0)]
    [InlineData("Png", 12, 0, 0, 0)]
    [InlineData("Png", 8, 101, 0, 0)]
    [InlineData("Png", 8, 0, 5, 0)]
    [InlineData("Jpeg", 8, 0, 70_000, 1)]
    [InlineData("Webp", 8, 0, 16_384, 1)]
    public void Encode_WhatNoFileCanBe_IsRefused(string format, int bits, int quality, int width, int height)
    {
        var tensor = Core.Tensor(Pixels.Of(2, 2, 1, (_, _, _) => 0));

        Core.Failure(() => Core.Encode(new EncodeJob(tensor, Enum.Parse<OutputFormat>(format), bits, quality, width, height, Blend: null)))
            .Reason.ShouldBe(Reasons.InvalidRequest);
    }

    [Fact]
    public void Encode_QualityOne_IsSmallerThanNinety()
    {
        var random = new Random(5);
        var noise = Core.Tensor(Pixels.Of(200, 200, 3, (_, _, _) => (byte)random.Next(256)));

        foreach (var format in new[] { OutputFormat.Jpeg, OutputFormat.Webp })
        {
            var job = new EncodeJob(noise, format, 8, 1, 0, 0, Blend: null);
            Core.Encode(job).Length.ShouldBeLessThan(Core.Encode(job with { Quality = 0 }).Length / 3);
        }
    }
}
