using Espresso.Preprocessor.Decoding;

namespace Espresso.Preprocessor.Tests.Decoding;

public sealed class MasksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(100)]
    public void Grow_ByN_IsTheMaximumOfTheSquareAround(int by)
    {
        var random = new Random(by);
        var before = Pixels.Of(37, 23, 1, (_, _, _) => random.Next(20) == 0 ? (byte)random.Next(256) : (byte)0);
        var mask = before.Bytes.ToArray();

        Masks.Grow(mask, before.Width, before.Height, by);

        var after = before with { Bytes = mask };
        for (var y = 0; y < before.Height; y++)
        {
            for (var x = 0; x < before.Width; x++)
                after[x, y].ShouldBe(Largest(before, x, y, by), $"at {x}, {y}");
        }
    }

    [Fact]
    public void Feather_Disc_KeepsItsInsideAndFadesOutside()
    {
        var mask = Pixels.Of(21, 21, 1, (x, y, _) => Math.Abs(x - 10) <= 4 && Math.Abs(y - 10) <= 4 ? (byte)255 : (byte)0);

        Masks.Feather(mask.Bytes, mask.Width, mask.Height);

        Enumerable.Range(6, 9).ShouldAllBe(x => mask[x, 10] == 255);
        ((double)mask[5, 10]).ShouldBe(191, 1);
        ((double)mask[4, 10]).ShouldBe(64, 1);
        mask[3, 10].ShouldBe((byte)0);
        mask[10, 5].ShouldBe(mask[5, 10]);
    }

    [Fact]
    public void Decode_ThresholdAndGrow_GiveABinaryMask()
    {
        var (mask, _) = Core.Decode(
            Core.Fixture("plain.png"), new TensorSpec(60, 40, Fit.Stretch, ChannelOrder.Gray, Threshold: 200, Grow: 3));

        mask.Bytes.ShouldAllBe(value => value == 0 || value == 255);
        mask[26, 30].ShouldBe((byte)0);
        mask[27, 30].ShouldBe((byte)255);
        mask[45, 17].ShouldBe((byte)255);
        mask[45, 16].ShouldBe((byte)0);
    }

    [Fact]
    public void Spec_ThresholdOnColours_IsRefused() =>
        Core.Failure(() => new TensorSpec(8, 8, Fit.Stretch, ChannelOrder.Rgb, Threshold: 1).Check()).Message.ShouldContain("gray");

    private static byte Largest(Pixels mask, int x, int y, int by)
    {
        byte largest = 0;
        for (var v = Math.Max(0, y - by); v <= Math.Min(mask.Height - 1, y + by); v++)
        {
            for (var u = Math.Max(0, x - by); u <= Math.Min(mask.Width - 1, x + by); u++)
                largest = Math.Max(largest, mask[u, v]);
        }

        return largest;
    }
}
