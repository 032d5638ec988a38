using Espresso.Cli.Client;
using Espresso.Cli.Comparing;

namespace Espresso.Cli.Tests.Comparing;

public sealed class PictureMeasuresTests
{
    private static readonly byte[] Ramp = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
    private static readonly byte[] Down = [.. Ramp.Reverse()];

    [Fact]
    public void MeanDifference_BlackAndWhite_IsFullScale() => PictureMeasures.MeanDifference([0, 0, 255, 255], [255, 0, 0, 255]).ShouldBe(0.5);

    [Fact]
    public void OrdinalAgreement_SameOrder_IsOneWhateverTheScale() =>
        PictureMeasures.OrdinalAgreement(Ramp, [.. Ramp.Select(value => (byte)(value / 2))]).ShouldNotBeNull().ShouldBeGreaterThan(0.99);

    [Fact]
    public void OrdinalAgreement_OtherWayRound_IsNone() => PictureMeasures.OrdinalAgreement(Ramp, Down).ShouldBe(0);

    [Fact]
    public void OrdinalAgreement_Flat_AsksNothing() => PictureMeasures.OrdinalAgreement(new byte[9], Ramp.AsSpan(0, 9)).ShouldBeNull();

    [Fact]
    public void Iou_Masks_CountsWhatIsAtLeastHalfWhite() => PictureMeasures.Iou([255, 128, 127, 0], [255, 0, 255, 0]).ShouldBe(1.0 / 3);

    [Fact]
    public void Iou_BothEmpty_IsOne() => PictureMeasures.Iou([0, 0], [0, 127]).ShouldBe(1);

    [Fact]
    public void Psnr_ErrorOfAKnownSize_IsItsDecibels() => PictureMeasures.Psnr([100, 100], [110, 90], 1).ShouldBe(20 * Math.Log10(25.5), 1e-9);

    [Fact]
    public void Psnr_InsideAMask_LeavesOutTheRest()
    {
        PictureMeasures.Psnr([0, 0, 0, 9, 9, 9], [255, 255, 255, 9, 9, 9], 3, [0, 255]).ShouldBe(double.PositiveInfinity);
        PictureMeasures.Psnr([0, 0, 0, 9, 9, 9], [255, 255, 255, 9, 9, 9], 3, [255, 0]).ShouldBe(0);
    }

    [Fact]
    public void Difference_EqualPixel_IsWhiteAndAnEighthDarkRed() =>
        PictureMeasures.Difference(new Raster(2, 1, 1, [9, 0]), new Raster(2, 1, 1, [9, 40])).Pixels.ShouldBe([255, 255, 255, 156, 28, 0]);

    [Fact]
    public void ContactSheet_Rows_LieBelowEachOther()
    {
        var sheet = ContactSheet.Of([[new Raster(1, 1, 1, [7]), new Raster(1, 2, 3, [1, 2, 3, 4, 5, 6])], [new Raster(1, 1, 1, [9])]]);

        (sheet.Width, sheet.Height, sheet.Channels).ShouldBe((26, 27, 3));
        At(8, 8).ShouldBe([7, 7, 7]);
        At(17, 9).ShouldBe([4, 5, 6]);
        At(8, 18).ShouldBe([9, 9, 9]);

        byte[] At(int x, int y) => sheet.Pixels[(((y * 26) + x) * 3)..][..3];
    }
}
