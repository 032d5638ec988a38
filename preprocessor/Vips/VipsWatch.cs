using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Vips;

/// <summary>Stops a saver: after each part of the image that it reads a question is asked, and a yes ends the operation with an error.</summary>
internal sealed class VipsWatch : IDisposable
{
    private readonly Func<bool> _stop;
    private GCHandle _self;

    private VipsWatch(Func<bool> stop) => _stop = stop;

    /// <summary>Watches the image until disposal, which comes after the saver's end.</summary>
    /// <param name="stop">Asked on a thread of the library; throws nothing.</param>
    public static unsafe VipsWatch On(VipsImage image, Func<bool> stop)
    {
        var watch = new VipsWatch(stop);
        watch._self = GCHandle.Alloc(watch);
        VipsNative.vips_image_set_progress(image, 1);
        VipsNative.g_signal_connect_data(image, "eval", &Evaluated, GCHandle.ToIntPtr(watch._self), 0, 0);
        return watch;
    }

    public void Dispose() => _self.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Evaluated(nint image, nint progress, nint data)
    {
        if (GCHandle.FromIntPtr(data).Target is VipsWatch watch && watch._stop())
            VipsNative.vips_image_set_kill(image, 1);
    }
}
