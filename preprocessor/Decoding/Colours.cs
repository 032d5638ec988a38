using Espresso.Preprocessor.Vips;

namespace Espresso.Preprocessor.Decoding;

internal static class Colours
{
    /// <summary>To sRGB or plain gray, 8 bits: 3 bands or 1. What is so already stays as it is.</summary>
    public static VipsImage ToDisplay(VipsImage image)
    {
        if (image.HasProfile)
        {
            try
            {
                return image.ProfileToSrgb();
            }
            catch (VipsException)
            {
                // A profile that cannot be used is passed over, as browsers do: the colours are what the file's header says they are.
            }
        }

        var gray = image.Interpretation is VipsInterpretation.Mono or VipsInterpretation.Grey16;
        return image.Colourspace(gray ? VipsInterpretation.Mono : VipsInterpretation.Srgb);
    }
}
