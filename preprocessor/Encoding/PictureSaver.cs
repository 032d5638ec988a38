using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Encoding;

/// <summary>Pixels to a file. It is made from bare pixels, so no metadata of any picture can come into it.</summary>
internal static unsafe class PictureSaver
{
    private const int KeepNothing = 0;

    /// <param name="canvas">Rows of 1 or 3 channels, 8 bits, for PNG also 16.</param>
    public static Payload Save(NativeBuffer canvas, int width, int height, int channels, EncodeJob job, WorkBudget budget)
    {
        if (job.Format == OutputFormat.Png)
            return PngWriter.Write(canvas, width, height, channels, job.Bits, budget);
        VipsException.Forget();
        using var plain = VipsImage.Over(canvas.Pointer, width, height, channels, VipsBandFormat.UChar);
        using var image = plain.Declare(channels == 1 ? VipsInterpretation.Mono : VipsInterpretation.Srgb);
        using var watch = VipsWatch.On(image, () => budget.IsSpent);
        using var saver = VipsOperation.Named(job.Format == OutputFormat.Webp ? "webpsave_buffer" : "jpegsave_buffer")
            .Set("in", image).Set("keep", KeepNothing).Set("Q", job.Quality == 0 ? EncodeJob.DefaultQuality : job.Quality);
        try
        {
            using var file = saver.Blob();
            return Payload.CopyOf(file.Span);
        }
        catch (VipsException)
        {
            budget.ThrowIfSpent(); // stopped by the watch
            throw;
        }
    }
}
