using Microsoft.Win32.SafeHandles;

namespace Espresso.Preprocessor.Vips;

/// <summary>The third ring: one of libvips' operations. Set its arguments, then take its result.</summary>
internal sealed class VipsOperation : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly string _name;

    private VipsOperation(string name, nint operation)
        : base(ownsHandle: true)
    {
        _name = name;
        SetHandle(operation);
    }

    public static VipsOperation Named(string name)
    {
        var operation = VipsNative.vips_operation_new(name);
        return operation == 0 ? throw VipsException.Last(name) : new VipsOperation(name, operation);
    }

    public VipsOperation Set(string argument, bool value)
    {
        var box = Box(GValue.Boolean);
        VipsNative.g_value_set_boolean(ref box, value ? 1 : 0);
        return Give(argument, ref box);
    }

    /// <summary>An integer, or an enumeration's number: GObject transforms the one into the other.</summary>
    public VipsOperation Set(string argument, int value)
    {
        var box = Box(GValue.Int);
        VipsNative.g_value_set_int(ref box, value);
        return Give(argument, ref box);
    }

    public VipsOperation Set(string argument, double value)
    {
        var box = Box(GValue.Double);
        VipsNative.g_value_set_double(ref box, value);
        return Give(argument, ref box);
    }

    public VipsOperation Set(string argument, string value)
    {
        var box = Box(GValue.String);
        VipsNative.g_value_set_string(ref box, value);
        return Give(argument, ref box);
    }

    public VipsOperation Set(string argument, VipsImage value)
    {
        var box = Box(VipsNative.vips_image_get_type());
        VipsNative.g_value_set_object(ref box, value);
        return Give(argument, ref box);
    }

    public unsafe VipsOperation Set(string argument, ReadOnlySpan<double> values)
    {
        var box = Box(VipsNative.vips_array_double_get_type());
        fixed (double* numbers = values)
            VipsNative.vips_value_set_array_double(ref box, numbers, values.Length);
        return Give(argument, ref box);
    }

    /// <summary>Bytes that are not copied and must outlive the operation and its images.</summary>
    public unsafe VipsOperation Set(string argument, void* bytes, int length)
    {
        var box = Box(VipsNative.vips_blob_get_type());
        var blob = VipsNative.vips_blob_new(0, bytes, (nuint)length);
        VipsNative.g_value_set_boxed(ref box, blob);
        VipsNative.vips_area_unref(blob); // the box has its own reference
        return Give(argument, ref box);
    }

    /// <summary>Runs the operation for its image.</summary>
    /// <exception cref="VipsException">It failed.</exception>
    public VipsImage Image()
    {
        Build();
        var box = Box(VipsNative.vips_image_get_type());
        VipsNative.g_object_get_property(this, "out", ref box);
        var image = new VipsImage(VipsNative.g_value_dup_object(ref box));
        Finish(ref box);
        return image;
    }

    /// <summary>Runs a saver for its file.</summary>
    /// <exception cref="VipsException">It failed.</exception>
    public VipsBlob Blob()
    {
        Build();
        var box = Box(VipsNative.vips_blob_get_type());
        VipsNative.g_object_get_property(this, "buffer", ref box);
        var blob = new VipsBlob(VipsNative.g_value_dup_boxed(ref box));
        Finish(ref box);
        return blob;
    }

    protected override bool ReleaseHandle()
    {
        VipsNative.g_object_unref(handle);
        return true;
    }

    private static GValue Box(nuint type)
    {
        var box = default(GValue);
        VipsNative.g_value_init(ref box, type);
        return box;
    }

    private VipsOperation Give(string argument, ref GValue box)
    {
        VipsNative.g_object_set_property(this, argument, ref box);
        VipsNative.g_value_unset(ref box);
        return this;
    }

    // Built directly and not through libvips' cache of operations, which is off: a request's pictures are its own.
    private void Build()
    {
        if (VipsNative.vips_object_build(this) == 0)
            return;
        VipsNative.vips_object_unref_outputs(this);
        throw VipsException.Last(_name);
    }

    private void Finish(ref GValue box)
    {
        VipsNative.g_value_unset(ref box);
        VipsNative.vips_object_unref_outputs(this);
    }
}

/// <summary>A file that a saver made, in the library's memory.</summary>
internal sealed class VipsBlob : SafeHandleZeroOrMinusOneIsInvalid
{
    internal VipsBlob(nint blob)
        : base(ownsHandle: true) => SetHandle(blob);

    /// <summary>Valid until disposal.</summary>
    public unsafe ReadOnlySpan<byte> Span
    {
        get
        {
            var bytes = VipsNative.vips_blob_get(this, out var length);
            return new ReadOnlySpan<byte>(bytes, checked((int)length));
        }
    }

    protected override bool ReleaseHandle()
    {
        VipsNative.vips_area_unref(handle);
        return true;
    }
}
