namespace Espresso.Preprocessor.Vips;

/// <summary>Computes an image from top to bottom on the calling thread, a strip of rows at a time, into memory of ours.</summary>
/// <remarks>
/// libvips' own sinks would hand the work to threads of theirs and allocate the result; a strip fits the cache, and between two strips
/// the caller can stop.
/// </remarks>
internal static unsafe class VipsStrips
{
    private const int Rows = 32;

    public delegate void RowsReady(ReadOnlySpan<byte> pixels, int firstRow, Span<byte> target);

    /// <summary>All rows, one behind the other, to <paramref name="target"/>.</summary>
    public static void CopyTo(VipsImage image, byte* target, Action checkpoint)
    {
        using var whole = VipsImage.Over(target, image.Width, image.Height, image.Bands, image.Format);
        using var source = VipsRegion.Of(image);
        using var window = VipsRegion.Of(whole);
        for (var row = 0; row < image.Height; row += Rows)
        {
            checkpoint();
            var strip = new VipsRect(0, row, image.Width, Math.Min(Rows, image.Height - row));
            window.LieOn(strip);
            source.Compute(strip, window, row);
        }
    }

    /// <summary>Strips of an image with 8-bit samples, each given to <paramref name="ready"/>, which puts it into <paramref name="target"/>.</summary>
    /// <param name="scratch">Memory for one strip, <see cref="ScratchBytes"/>.</param>
    public static void Read(VipsImage image, byte* scratch, Action checkpoint, Span<byte> target, RowsReady ready)
    {
        using var one = VipsImage.Over(scratch, image.Width, Rows, image.Bands, image.Format);
        using var source = VipsRegion.Of(image);
        using var window = VipsRegion.Of(one);
        var stride = image.Width * image.Bands;
        for (var row = 0; row < image.Height; row += Rows)
        {
            checkpoint();
            var rows = Math.Min(Rows, image.Height - row);
            window.LieOn(new VipsRect(0, 0, image.Width, rows));
            source.Compute(new VipsRect(0, row, image.Width, rows), window, 0);
            ready(new ReadOnlySpan<byte>(scratch, rows * stride), row, target);
        }
    }

    public static int ScratchBytes(VipsImage image) => image.Width * image.Bands * Rows;
}
