using Microsoft.Win32.SafeHandles;

namespace Espresso.Preprocessor.Vips;

/// <summary>The third ring: a window on an image through which its pixels are computed, on the thread that made it.</summary>
internal sealed class VipsRegion : SafeHandleZeroOrMinusOneIsInvalid
{
    private VipsRegion(nint region)
        : base(ownsHandle: true) => SetHandle(region);

    public static VipsRegion Of(VipsImage image)
    {
        var region = VipsNative.vips_region_new(image);
        return region == 0 ? throw VipsException.Last("vips_region_new") : new VipsRegion(region);
    }

    /// <summary>Makes the window lie directly on the memory of an image that is <see cref="VipsImage.Over"/> some.</summary>
    public void LieOn(VipsRect rect)
    {
        if (VipsNative.vips_region_image(this, rect) != 0)
            throw VipsException.Last("vips_region_image");
    }

    /// <summary>Computes <paramref name="rect"/> of this image into another's window, at its left edge and the row <paramref name="row"/>.</summary>
    public void Compute(VipsRect rect, VipsRegion target, int row)
    {
        if (VipsNative.vips_region_prepare_to(this, target, rect, 0, row) != 0)
            throw VipsException.Last("vips_region_prepare");
    }

    protected override bool ReleaseHandle()
    {
        VipsNative.g_object_unref(handle);
        return true;
    }
}
