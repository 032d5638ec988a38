using System.Reflection;
using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Vips;

/// <summary>The first ring: where the one native library is. libvips, GLib and the codecs are all inside it.</summary>
internal static class VipsLibrary
{
    /// <summary>The name that <see cref="VipsNative"/> imports from.</summary>
    public const string Name = "vips";

    /// <summary>The file beside the program carries its version in its name (<c>libvips-cpp.so.8.18.7</c>); else the system's own libvips.</summary>
    public static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (!string.Equals(name, Name, StringComparison.Ordinal))
            return 0;
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "libvips-cpp.*"))
        {
            if (NativeLibrary.TryLoad(file, out var bundled))
                return bundled;
        }

        return NativeLibrary.TryLoad("libvips.so.42", assembly, path, out var system) ? system : 0;
    }
}
