using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Vips;

/// <summary>The second ring: the C functions as they are, one to one. Sources: libvips' and GObject's API references.</summary>
/// <remarks>None of them is variadic: operations are built through GObject properties, so one calling convention fits all platforms.</remarks>
internal static unsafe partial class VipsNative
{
    private const string Library = VipsLibrary.Name;

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int vips_init(string name);

    [LibraryImport(Library)]
    public static partial int vips_version(int part);

    [LibraryImport(Library)]
    public static partial void vips_concurrency_set(int threads);

    [LibraryImport(Library)]
    public static partial void vips_cache_set_max(int operations);

    [LibraryImport(Library)]
    public static partial void vips_block_untrusted_set(int state);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void vips_operation_block_set(string name, int state);

    [LibraryImport(Library)]
    public static partial void vips_thread_shutdown();

    [LibraryImport(Library)]
    public static partial byte* vips_error_buffer_copy();

    [LibraryImport(Library)]
    public static partial void vips_error_clear();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint vips_operation_new(string name);

    [LibraryImport(Library)]
    public static partial int vips_object_build(VipsOperation operation);

    [LibraryImport(Library)]
    public static partial void vips_object_unref_outputs(VipsOperation operation);

    [LibraryImport(Library)]
    public static partial nint vips_image_new_from_memory(void* data, nuint size, int width, int height, int bands, VipsBandFormat format);

    [LibraryImport(Library)]
    public static partial int vips_image_get_width(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_height(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_bands(VipsImage image);

    [LibraryImport(Library)]
    public static partial VipsBandFormat vips_image_get_format(VipsImage image);

    [LibraryImport(Library)]
    public static partial VipsInterpretation vips_image_get_interpretation(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_image_hasalpha(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_orientation(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_n_pages(VipsImage image);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint vips_image_get_typeof(VipsImage image, string name);

    [LibraryImport(Library)]
    public static partial void vips_image_set_progress(VipsImage image, int progress);

    [LibraryImport(Library)]
    public static partial void vips_image_set_kill(nint image, int kill);

    [LibraryImport(Library)]
    public static partial nint vips_region_new(VipsImage image);

    [LibraryImport(Library)]
    public static partial int vips_region_image(VipsRegion region, in VipsRect rect);

    [LibraryImport(Library)]
    public static partial int vips_region_prepare_to(VipsRegion region, VipsRegion target, in VipsRect rect, int x, int y);

    [LibraryImport(Library)]
    public static partial nint vips_blob_new(nint free, void* data, nuint length);

    [LibraryImport(Library)]
    public static partial void* vips_blob_get(VipsBlob blob, out nuint length);

    [LibraryImport(Library)]
    public static partial void vips_area_unref(nint area);

    [LibraryImport(Library)]
    public static partial void vips_value_set_array_double(ref GValue value, double* numbers, int count);

    [LibraryImport(Library)]
    public static partial nuint vips_array_double_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_blob_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_image_get_type();

    [LibraryImport(Library)]
    public static partial nint g_value_init(ref GValue value, nuint type);

    [LibraryImport(Library)]
    public static partial void g_value_unset(ref GValue value);

    [LibraryImport(Library)]
    public static partial void g_value_set_boolean(ref GValue value, int content);

    [LibraryImport(Library)]
    public static partial void g_value_set_int(ref GValue value, int content);

    [LibraryImport(Library)]
    public static partial void g_value_set_double(ref GValue value, double content);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_value_set_string(ref GValue value, string content);

    [LibraryImport(Library)]
    public static partial void g_value_set_object(ref GValue value, VipsImage content);

    [LibraryImport(Library)]
    public static partial void g_value_set_boxed(ref GValue value, nint content);

    [LibraryImport(Library)]
    public static partial nint g_value_dup_object(ref GValue value);

    [LibraryImport(Library)]
    public static partial nint g_value_dup_boxed(ref GValue value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_set_property(VipsOperation target, string name, ref GValue value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_get_property(VipsOperation target, string name, ref GValue value);

    [LibraryImport(Library)]
    public static partial void g_object_unref(nint target);

    [LibraryImport(Library)]
    public static partial void g_free(void* memory);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nuint g_signal_connect_data(
        VipsImage instance, string signal, delegate* unmanaged[Cdecl]<nint, nint, nint, void> handler, nint data, nint destroy, int flags);

    [LibraryImport(Library)]
    public static partial nint g_log_set_default_handler(delegate* unmanaged[Cdecl]<nint, int, nint, nint, void> handler, nint data);
}

/// <summary>GObject's box for a value of any type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GValue
{
    // GObject's fundamental types, shifted as G_TYPE_MAKE_FUNDAMENTAL does.
    public const nuint Boolean = 5 << 2;
    public const nuint Int = 6 << 2;
    public const nuint Double = 15 << 2;
    public const nuint String = 16 << 2;

    private readonly nuint _type;
    private readonly long _data0;
    private readonly long _data1;
}

[StructLayout(LayoutKind.Sequential)]
internal readonly record struct VipsRect(int Left, int Top, int Width, int Height);

/// <summary>The sample types that occur here, with libvips' numbers.</summary>
internal enum VipsBandFormat
{
    UChar = 0,
    UShort = 2,
}

/// <summary>The colour spaces that are told apart here, with libvips' numbers.</summary>
internal enum VipsInterpretation
{
    Multiband = 0,
    Mono = 1,
    Cmyk = 15,
    Srgb = 22,
    Rgb16 = 25,
    Grey16 = 26,
}
