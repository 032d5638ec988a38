using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Vips;

/// <summary>Starts libvips, once for the process, in the only way it is used here.</summary>
internal static class VipsRuntime
{
    private static readonly Lazy<string> Started = new(Initialise);

    /// <summary>Starts the library if that has not happened; its version, like 8.18.7.</summary>
    /// <exception cref="VipsException">It does not start.</exception>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public static string Start() => Started.Value;

    /// <summary>Gives back what the library keeps for the calling thread, which computed pixels and now ends.</summary>
    public static void EndThread() => VipsNative.vips_thread_shutdown();

    private static unsafe string Initialise()
    {
        NativeLibrary.SetDllImportResolver(typeof(VipsRuntime).Assembly, VipsLibrary.Resolve);
        // Warnings quote the pictures' metadata, which has no place in a log; failures come as return values.
        VipsNative.g_log_set_default_handler(&Ignore, 0);
        if (VipsNative.vips_init("espresso-preprocessor") != 0)
            throw VipsException.Last("vips_init");

        VipsNative.vips_concurrency_set(1); // the pool is the parallelism
        VipsNative.vips_cache_set_max(0); // no picture outlives its request
        VipsNative.vips_block_untrusted_set(1);
        VipsNative.vips_operation_block_set("VipsForeignLoad", 1);
        foreach (var loader in new[] { "Jpeg", "Png", "Webp", "Heif", "Nsgif", "Tiff" })
            VipsNative.vips_operation_block_set($"VipsForeignLoad{loader}", 0);
        return $"{VipsNative.vips_version(0)}.{VipsNative.vips_version(1)}.{VipsNative.vips_version(2)}";
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint domain, int level, nint message, nint data)
    {
    }
}
