using Microsoft.Win32.SafeHandles;

namespace Espresso.Preprocessor.Vips;

/// <summary>The third ring: a picture, or the recipe for one; pixels are computed when a <see cref="VipsRegion"/> asks for them.</summary>
internal sealed class VipsImage : SafeHandleZeroOrMinusOneIsInvalid
{
    internal VipsImage(nint image)
        : base(ownsHandle: true) => SetHandle(image);

    public int Width => VipsNative.vips_image_get_width(this);

    public int Height => VipsNative.vips_image_get_height(this);

    public int Bands => VipsNative.vips_image_get_bands(this);

    public VipsBandFormat Format => VipsNative.vips_image_get_format(this);

    public VipsInterpretation Interpretation => VipsNative.vips_image_get_interpretation(this);

    public bool HasAlpha => VipsNative.vips_image_hasalpha(this) != 0;

    public bool HasProfile => VipsNative.vips_image_get_typeof(this, "icc-profile-data") != 0;

    /// <summary>EXIF's 1 to 8; 1 where the file says nothing.</summary>
    public int Orientation => VipsNative.vips_image_get_orientation(this);

    public int Pages => VipsNative.vips_image_get_n_pages(this);

    /// <summary>An image over memory that is not copied and must outlive it and all that is made from it.</summary>
    public static unsafe VipsImage Over(void* pixels, int width, int height, int bands, VipsBandFormat format)
    {
        var sample = format == VipsBandFormat.UShort ? 2u : 1u;
        var image = VipsNative.vips_image_new_from_memory(pixels, (nuint)width * (nuint)height * (nuint)bands * sample, width, height, bands, format);
        return image == 0 ? throw VipsException.Last("vips_image_new_from_memory") : new VipsImage(image);
    }

    /// <summary>To <paramref name="width"/> × <paramref name="height"/>, neither larger than its own, with Lanczos' filter.</summary>
    public VipsImage Shrink(int width, int height)
    {
        using var resize = VipsOperation.Named("resize")
            .Set("in", this).Set("scale", (double)width / Width).Set("vscale", (double)height / Height);
        return resize.Image();
    }

    /// <summary>Each pixel the mean of a block.</summary>
    public VipsImage Blocks(int across, int down)
    {
        using var shrink = VipsOperation.Named("shrink").Set("in", this).Set("hshrink", (double)across).Set("vshrink", (double)down);
        return shrink.Image();
    }

    public VipsImage Crop(VipsRect rect)
    {
        using var crop = VipsOperation.Named("extract_area")
            .Set("input", this).Set("left", rect.Left).Set("top", rect.Top).Set("width", rect.Width).Set("height", rect.Height);
        return crop.Image();
    }

    /// <summary>Alpha away, over white.</summary>
    public VipsImage Flatten()
    {
        double white = Format == VipsBandFormat.UShort ? ushort.MaxValue : byte.MaxValue;
        using var flatten = VipsOperation.Named("flatten").Set("in", this).Set("background", [white]).Set("max_alpha", white);
        return flatten.Image();
    }

    public VipsImage Colourspace(VipsInterpretation space)
    {
        using var convert = VipsOperation.Named("colourspace").Set("in", this).Set("space", (int)space);
        return convert.Image();
    }

    /// <summary>From the picture's own profile to sRGB, 8 bits.</summary>
    /// <exception cref="VipsException">The profile is damaged, or made for other channels than the picture has.</exception>
    public VipsImage ProfileToSrgb()
    {
        using var transform = VipsOperation.Named("icc_transform")
            .Set("in", this).Set("output_profile", "srgb").Set("embedded", true).Set("depth", 8);
        return transform.Image();
    }

    /// <summary>The same pixels, said to be of another colour space.</summary>
    public VipsImage Declare(VipsInterpretation space)
    {
        using var copy = VipsOperation.Named("copy").Set("in", this).Set("interpretation", (int)space);
        return copy.Image();
    }

    protected override bool ReleaseHandle()
    {
        VipsNative.g_object_unref(handle);
        return true;
    }
}
