using Espresso.Preprocessor.Decoding;

namespace Espresso.Preprocessor.Tests.Decoding;

/// <summary>EXIF's eight orientations. The tag says where the stored row 0 and column 0 are seen (EXIF 2.32, 4.6.4), so where each quadrant goes.</summary>
public sealed class OrientationTests
{
    // Seen from the top left in reading order, by the stored quadrants' numbers: 0 1 / 2 3.
    [Theory]
    [InlineData(1, "0123")] // row 0 at the top, column 0 at the left
    [InlineData(2, "1032")] // top, right
    [InlineData(3, "3210")] // bottom, right
    [InlineData(4, "2301")] // bottom, left
    [InlineData(5, "0213")] // left, top
    [InlineData(6, "2031")] // right, top
    [InlineData(7, "3120")] // right, bottom
    [InlineData(8, "1302")] // left, bottom
    public void Decode_Orientation_TurnsThePicture(int tag, string seen)
    {
        var file = WithOrientation(Core.Fixture("plain.jpg"), tag);
        (int, int, int)[] stored = [Motif.Red, Motif.Green, Motif.Blue, Motif.Pale];
        var order = seen.Select(number => stored[number - '0']).ToArray();

        var picture = Core.Decoder.Decode(
            file,
            [
                new TensorSpec(0, 0, Fit.Stretch, ChannelOrder.Rgb),
                new TensorSpec(32, 16, Fit.Stretch, ChannelOrder.Rgb),
                new TensorSpec(20, 20, Fit.Crop, ChannelOrder.Bgr),
            ],
            Core.Budget);

        var expected = tag < 5 ? (Motif.Width, Motif.Height) : (Motif.Height, Motif.Width);
        (picture.Width, picture.Height).ShouldBe(expected);
        var tensors = picture.Tensors.Select(Pixels.Take).ToArray();
        (tensors[0].Width, tensors[0].Height).ShouldBe(expected);
        tensors[0].ShouldShow(5, order[0], order[1], order[2], order[3]);
        tensors[1].ShouldShow(5, order[0], order[1], order[2], order[3]);
        var mirrored = order.Select(colour => (colour.Item3, colour.Item2, colour.Item1)).ToArray();
        tensors[2].ShouldShow(8, mirrored[0], mirrored[1], mirrored[2], mirrored[3]);
    }

    [Fact]
    public void Decode_OrientedCrop_CutsTheSeenPicturesEnds()
    {
        // Seen 40 × 60, turned right: blue, red / pale, green. A wide crop leaves the middle of the height.
        var file = WithOrientation(Core.Fixture("plain.jpg"), 6);

        var (pixels, geometry) = Core.Decode(file, new TensorSpec(40, 20, Fit.Crop, ChannelOrder.Rgb));

        geometry.Source.ShouldBe(new Rect(0, 20, 40, 20));
        pixels.ShouldShow(6, Motif.Blue, Motif.Red, Motif.Pale, Motif.Green);
    }

    /// <summary>An EXIF segment with the one tag, right behind the file's begin (EXIF 2.32, 4.5.4 and 4.7.2).</summary>
    private static byte[] WithOrientation(byte[] jpeg, int tag)
    {
        byte[] exif =
        [
            0xff, 0xe1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1,
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)tag, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }
}
