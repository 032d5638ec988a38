namespace Espresso.Wire;

/// <summary>A tensor's or a picture's bytes in a pooled, pinned buffer. The one who holds it disposes it, once.</summary>
/// <remarks>
/// Arrays over 85 kB are large objects whose garbage costs full collections, so payloads never become fresh ones per request.
/// Pinned, because ONNX Runtime and libvips read and write them in place.
/// </remarks>
public sealed class Payload : IDisposable
{
    private byte[]? _array;
    private volatile bool _distrusted;

    private Payload(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    /// <summary>Bytes in use; the buffer behind may be larger.</summary>
    public int Length { get; }

    public Span<byte> Span => Array.AsSpan(0, Length);

    public Memory<byte> Memory => Array.AsMemory(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(Payload));

    /// <summary>A buffer of <paramref name="length"/> bytes with whatever was in it before.</summary>
    public static Payload Rent(int length) => new(PayloadPool.Shared.Rent(length), length);

    public static Payload CopyOf(ReadOnlySpan<byte> bytes)
    {
        var payload = Rent(bytes.Length);
        bytes.CopyTo(payload.Span);
        return payload;
    }

    /// <summary>A send of it broke off and may still be reading: it stays usable, but its buffer goes to the garbage collector at the end.</summary>
    public void Distrust() => _distrusted = true;

    /// <summary>Gives the buffer back for reuse.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array && !_distrusted)
            PayloadPool.Shared.Return(array);
    }

    /// <summary>Lets the garbage collector have the buffer, because a broken-off send may still be reading it.</summary>
    public void Abandon() => Interlocked.Exchange(ref _array, null);
}
