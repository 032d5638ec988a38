using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Espresso.Preprocessor.Pictures;

/// <summary>Scratch memory for one piece of work, off the garbage collector's heap: whole pictures pass through it, and it goes back at once.</summary>
internal sealed unsafe class NativeBuffer : SafeHandleZeroOrMinusOneIsInvalid
{
    private const nuint Alignment = 64;
    private readonly int _length;

    /// <exception cref="OverflowException">More than 2 GiB.</exception>
    public NativeBuffer(long length)
        : base(ownsHandle: true)
    {
        _length = checked((int)length);
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, length), Alignment));
    }

    public byte* Pointer => (byte*)handle;

    public Span<byte> Span => new(Pointer, _length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
