using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Vips;

/// <summary>libvips refused or failed. The decoder and the encoder turn it into an expected failure.</summary>
internal sealed class VipsException : Exception
{
    private VipsException(string message)
        : base(message)
    {
    }

    /// <summary>Empties the error buffer of what earlier operations have left there: one that succeeds leaves its warnings.</summary>
    public static void Forget() => VipsNative.vips_error_clear();

    /// <summary>The error buffer's text, which this empties: the only place that reads it.</summary>
    /// <remarks>
    /// The buffer is one for the whole process, so under load the text may be another thread's; it is a hint for a person and nothing is
    /// decided by it.
    /// </remarks>
    public static unsafe VipsException Last(string operation)
    {
        var text = VipsNative.vips_error_buffer_copy();
        var lines = Marshal.PtrToStringUTF8((nint)text) ?? "";
        VipsNative.g_free(text);
        var first = lines.AsSpan().Trim();
        if (first.IndexOf('\n') is > 0 and var end)
            first = first[..end];
        return new VipsException(first.IsEmpty ? $"{operation}: failed" : first.ToString());
    }
}
