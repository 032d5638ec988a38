using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor.Decoding;

/// <summary>A picture's pixels, no more of them than the placements need: one placement reads them as they are decoded, several share a copy.</summary>
internal sealed unsafe class NeededPixels : IDisposable
{
    // Measured on photographs: with 1 a tensor is 32 dB from the one without shrink-on-load, with 1.5 over 46 dB, and 2 gives no more.
    private const double Margin = 1.5;

    private readonly NativeBuffer? _kept;

    private NeededPixels(VipsImage image, NativeBuffer? kept)
    {
        Image = image;
        _kept = kept;
    }

    public VipsImage Image { get; }

    public static NeededPixels Of(PictureFile picture, Placement[] placements, WorkBudget budget)
    {
        // The largest share of its stored size at which any tensor wants the picture; above 1 where one enlarges it.
        var needed = placements.Max(placement =>
        {
            var (width, height) = picture.Orientation.Turn(placement.ScaledWidth, placement.ScaledHeight);
            return Math.Max((double)width / picture.StoredWidth, (double)height / picture.StoredHeight);
        });
        var pixels = picture.Pixels(ShrinkOnLoad(needed));
        return placements.Length == 1 ? new NeededPixels(pixels, kept: null) : Keep(pixels, needed * picture.StoredWidth, budget);
    }

    /// <summary>The codec's shrinking is block-wise, so the last step, by at least <see cref="Margin"/>, is left to the better filter.</summary>
    internal static int ShrinkOnLoad(double needed)
    {
        for (var shrink = 8; shrink > 1; shrink /= 2)
        {
            if (shrink * needed * Margin <= 1)
                return shrink;
        }

        return 1;
    }

    public void Dispose()
    {
        Image.Dispose();
        _kept?.Dispose();
    }

    private static NeededPixels Keep(VipsImage pixels, double neededWidth, WorkBudget budget)
    {
        using (pixels)
        {
            // Blocks first, down to about twice what is needed: less to keep, and the better filter has the last word all the same.
            var blocks = (int)(pixels.Width / (neededWidth * 2));
            using var small = blocks > 1 ? pixels.Blocks(blocks, blocks) : null;
            using var display = Colours.ToDisplay(small ?? pixels);
            var kept = new NativeBuffer((long)display.Width * display.Height * display.Bands);
            try
            {
                VipsStrips.CopyTo(display, kept.Pointer, budget.ThrowIfSpent);
                using var plain = VipsImage.Over(kept.Pointer, display.Width, display.Height, display.Bands, VipsBandFormat.UChar);
                return new NeededPixels(plain.Declare(display.Interpretation), kept);
            }
            catch
            {
                kept.Dispose();
                throw;
            }
        }
    }
}
