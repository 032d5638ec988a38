using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Resampling;

namespace Espresso.Preprocessor.Tests.Resampling;

public sealed class TensorResamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Resample_SameSizeAndFrame_IsTheIdentity(int channels)
    {
        var random = new Random(3);
        var pixels = Pixels.Of(33, 21, channels, (_, _, _) => (byte)random.Next(256));

        var same = Core.Resample(Core.Tensor(pixels), new TensorSpec(33, 21, Fit.Stretch, channels == 1 ? ChannelOrder.Gray : ChannelOrder.Rgb));

        same.Bytes.ShouldBe(pixels.Bytes);
    }

    /// <summary>A mask made on a padded tensor lands where a cropped tensor of the same picture shows the same thing.</summary>
    [Fact]
    public void Resample_PaddedToCropped_MeetsInThePicturesFrame()
    {
        // The picture is 400 × 200; the mask marks its part x 160..240, y 50..100.
        var padded = Placement.Of(new TensorSpec(100, 100, Fit.Pad, ChannelOrder.Gray), 400, 200).Geometry(400, 200);
        var mask = Pixels.Of(100, 100, 1, (x, y, _) => x is >= 40 and < 60 && y is >= 25 + 12 and < 25 + 25 ? (byte)255 : (byte)0);

        var cropped = Core.Resample(Core.Tensor(mask, padded), new TensorSpec(100, 100, Fit.Crop, ChannelOrder.Gray, Threshold: 128));

        // Cropped: the picture's columns 100..300 at half size, so 30..70 and rows 25 (24 by the mask's own pixels) ..50.
        cropped[31, 30].ShouldBe((byte)255);
        cropped[68, 48].ShouldBe((byte)255);
        cropped[28, 30].ShouldBe((byte)0);
        cropped[72, 30].ShouldBe((byte)0);
        cropped[50, 22].ShouldBe((byte)0);
        cropped[50, 52].ShouldBe((byte)0);
    }

    [Fact]
    public void Resample_WhatTheTensorNeverSaw_IsFilled()
    {
        var cropped = Placement.Of(new TensorSpec(50, 50, Fit.Crop, ChannelOrder.Gray), 400, 200).Geometry(400, 200);
        var white = Pixels.Of(50, 50, 1, (_, _, _) => 255);

        var whole = Core.Resample(Core.Tensor(white, cropped), new TensorSpec(80, 40, Fit.Stretch, ChannelOrder.Gray, Fill: 7));

        whole[19, 20].ShouldBe((byte)7);
        whole[20, 20].ShouldBe((byte)255);
        whole[59, 20].ShouldBe((byte)255);
        whole[60, 20].ShouldBe((byte)7);
    }

    [Fact]
    public void Resample_Down_CountsEveryPixel()
    {
        var stripes = Pixels.Of(256, 256, 1, (x, _, _) => x % 2 == 0 ? (byte)255 : (byte)0);

        var small = Core.Resample(Core.Tensor(stripes), new TensorSpec(16, 16, Fit.Stretch, ChannelOrder.Gray));

        small.Bytes.ShouldAllBe(value => Math.Abs(value - 128) <= 3);
    }

    [Fact]
    public void Resample_Up_IsSmoothBetweenItsSamples()
    {
        var ramp = Pixels.Of(16, 4, 1, (x, _, _) => (byte)(x * 16));

        var large = Core.Resample(Core.Tensor(ramp), new TensorSpec(160, 40, Fit.Stretch, ChannelOrder.Gray));

        for (var x = 20; x < 140; x++)
            ((double)large[x, 20]).ShouldBe(((x + 0.5) * 1.6) - 8, 1);
    }

    [Fact]
    public void Resample_FloatMask_ThresholdsItsRange()
    {
        float[] values = [0.1f, 0.4f, 0.6f, 0.9f];
        var tensor = new ModelTensor(SampleType.Float32, 4, 1, 1, Geometry.Whole(4, 1), 0, 1, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

        var mask = Core.Resample(tensor, new TensorSpec(4, 1, Fit.Stretch, ChannelOrder.Gray, Threshold: 128));

        mask.Bytes.ShouldBe([0, 0, 255, 255]);
    }

    [Fact]
    public void Resample_ColoursToBgr_ChangesRedAndBlue()
    {
        var pixels = Pixels.Of(4, 4, 3, (_, _, channel) => (byte)(10 * (channel + 1)));

        Core.Resample(Core.Tensor(pixels), new TensorSpec(2, 2, Fit.Stretch, ChannelOrder.Bgr)).At(1, 1).ShouldBe(((byte)30, (byte)20, (byte)10));
    }

    [Theory]
    [InlineData(4, 4, 2, 32)]
    [InlineData(4, 4, 1, 15)]
    [InlineData(0, 4, 1, 0)]
    [InlineData(65_535, 65_535, 3, 16)]
    public void Resample_ContentsThatDoNotFit_AreRefused(int width, int height, int channels, int bytes)
    {
        var tensor = new ModelTensor(SampleType.UInt8, width, height, channels, Geometry.Whole(4, 4), 0, 0, new byte[bytes]);

        Core.Failure(() => Core.Resample(tensor, new TensorSpec(2, 2, Fit.Stretch, ChannelOrder.Gray))).Reason.ShouldBe(Reasons.InvalidTensor);
    }

    [Theory]
    [InlineData(double.NaN, 0, 4, 4)]
    [InlineData(0, 0, 0, 4)]
    [InlineData(1, 0, 4, 4)]
    [InlineData(-1, 0, 4, 4)]
    [InlineData(0, 0, double.PositiveInfinity, 4)]
    public void Resample_GeometryOutsideItsFrame_IsRefused(double x, double y, double width, double height)
    {
        var rect = new Rect(x, y, width, height);
        var whole = new Rect(0, 0, 4, 4);
        foreach (var geometry in new[] { new Geometry(4, 4, rect, whole), new Geometry(4, 4, whole, rect) })
        {
            var tensor = Core.Tensor(Pixels.Of(4, 4, 1, (_, _, _) => 0), geometry);
            Core.Failure(() => Core.Resample(tensor, new TensorSpec(2, 2, Fit.Stretch, ChannelOrder.Gray))).Reason.ShouldBe(Reasons.InvalidTensor);
        }
    }
}
