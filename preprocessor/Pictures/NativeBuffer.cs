using System.Runtime.InteropServices;

namespace Espresso.Preprocessor.Pictures;

/// <summary>Scratch memory for one piece of work, off the garbage collector's heap: whole pictures pass through it, and it goes back at once.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private readonly int _length;
    private byte* _pointer;

    public NativeBuffer(long length)
    {
        _length = checked((int)length);
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, length), Alignment);
    }

    ~NativeBuffer() => NativeMemory.AlignedFree(_pointer);

    public byte* Pointer => _pointer is null ? throw new ObjectDisposedException(nameof(NativeBuffer)) : _pointer;

    public Span<byte> Span => new(Pointer, _length);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        GC.SuppressFinalize(this);
    }
}
