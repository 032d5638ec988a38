using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Encoding;

/// <summary>Pixels to a PNG file (PNG specification, third edition), strip by strip, by as many threads as have nothing else to do.</summary>
/// <remarks>
/// A strip's rows are filtered and deflated by themselves; a deflate stream that is flushed but not ended can be continued by another's, so the
/// strips' bytes behind each other are one stream, and each strip is an IDAT chunk of its own.
/// </remarks>
internal static class PngWriter
{
    /// <summary>Of pixels, a strip: eight of deflate's windows, so that beginning anew costs little, and several strips in any picture worth sharing.</summary>
    private const int StripBytes = 256 << 10;

    // Measured on 4 megapixels of photograph, depth map and mask: each row as its difference to the one above, then zlib's level 2, takes two
    // thirds of the time of level 3 without differences, for two thirds of the bytes; level 6 saves another sixth for three times the time.
    private const int Level = 2;
    private const byte DifferenceToTheRowAbove = 2;

    private const int ChunkFrame = 12; // length, type, check sum
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcOf)];

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>A deflate stream's header that says: 32 KiB window, fast algorithm (RFC 1950, 2.2).</summary>
    private static ReadOnlySpan<byte> ZlibHeader => [0x78, 0x5e];

    /// <param name="canvas">Rows of 1 or 3 channels, 8 or 16 bits in this machine's byte order.</param>
    public static Payload Write(NativeBuffer canvas, int width, int height, int channels, int bits, WorkBudget budget)
    {
        var stride = width * channels * (bits / 8);
        var rows = Math.Clamp(StripBytes / stride, 1, height);
        var strips = new Strip[(height + rows - 1) / rows];
        try
        {
            budget.InParts(strips.Length, part =>
            {
                budget.ThrowIfSpent();
                strips[part] = Deflate(canvas, stride, part * rows, Math.Min(height, (part + 1) * rows), bits, isLast: part == strips.Length - 1);
            });
            return Join(strips, width, height, channels, bits);
        }
        finally
        {
            foreach (var strip in strips)
                strip.Data?.Dispose();
        }
    }

    private static unsafe Strip Deflate(NativeBuffer canvas, int stride, int from, int to, int bits, bool isLast)
    {
        var plain = (long)(stride + 1) * (to - from);
        var data = new NativeBuffer(plain + (plain / 8) + 1024); // more than deflate's worst; what is not written to costs nothing
        var line = ArrayPool<byte>.Shared.Rent(stride + 1);
        var above = ArrayPool<byte>.Shared.Rent(stride);
        try
        {
            var adler = Adler.Empty;
            using var into = new UnmanagedMemoryStream(data.Pointer, 0, data.Span.Length, FileAccess.Write);
            using (var deflate = new DeflateStream(into, new ZLibCompressionOptions { CompressionLevel = Level }, leaveOpen: true))
            {
                for (var row = from; row < to; row++)
                {
                    var current = line.AsSpan(1, stride);
                    Read(canvas, stride, row, bits, current);
                    line[0] = DifferenceToTheRowAbove;
                    if (row > 0)
                    {
                        Read(canvas, stride, row - 1, bits, above.AsSpan(0, stride));
                        TensorPrimitives.Subtract(current, above.AsSpan(0, stride), current);
                    }

                    adler.Add(line.AsSpan(0, stride + 1));
                    deflate.Write(line.AsSpan(0, stride + 1));
                }

                if (!isLast)
                    deflate.Flush();
                var flushed = into.Position;
                if (!isLast)
                    return new Strip(data, (int)flushed, adler, plain);
            }

            return new Strip(data, (int)into.Position, adler, plain);
        }
        catch
        {
            data.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(line);
            ArrayPool<byte>.Shared.Return(above);
        }
    }

    /// <summary>A row as the file has it: PNG's samples are big-endian.</summary>
    private static void Read(NativeBuffer canvas, int stride, int row, int bits, Span<byte> into)
    {
        var bytes = canvas.Span.Slice(row * stride, stride);
        if (bits == 16 && BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<byte, ushort>(into));
        else
            bytes.CopyTo(into);
    }

    private static Payload Join(Strip[] strips, int width, int height, int channels, int bits)
    {
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = ((byte)bits, (byte)(channels == 1 ? 0 : 2)); // gray or RGB; the rest is 0: deflate, adaptive, not interlaced
        header[10..].Clear();

        var adler = Adler.Empty;
        foreach (var strip in strips)
            adler = adler.Then(strip.Adler, strip.PlainBytes);
        Span<byte> sum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, adler.Value);

        var length = Signature.Length + (ChunkFrame * (2 + strips.Length)) + header.Length + ZlibHeader.Length + strips.Sum(strip => strip.Bytes) + sum.Length;
        var file = Payload.Rent(length);
        Signature.CopyTo(file.Span);
        var rest = Chunk(file.Span[Signature.Length..], "IHDR"u8, header);
        for (var i = 0; i < strips.Length; i++)
        {
            rest = Chunk(
                rest, "IDAT"u8, i == 0 ? ZlibHeader : [], strips[i].Data!.Span[..strips[i].Bytes], i == strips.Length - 1 ? sum : []);
        }

        Chunk(rest, "IEND"u8);
        return file;
    }

    /// <returns>What is left of <paramref name="into"/>.</returns>
    private static Span<byte> Chunk(Span<byte> into, ReadOnlySpan<byte> type, ReadOnlySpan<byte> a = default, ReadOnlySpan<byte> b = default, ReadOnlySpan<byte> c = default)
    {
        var length = a.Length + b.Length + c.Length;
        BinaryPrimitives.WriteInt32BigEndian(into, length);
        type.CopyTo(into[4..]);
        a.CopyTo(into[8..]);
        b.CopyTo(into[(8 + a.Length)..]);
        c.CopyTo(into[(8 + a.Length + b.Length)..]);
        BinaryPrimitives.WriteUInt32BigEndian(into[(8 + length)..], Crc(into.Slice(4, 4 + length)));
        return into[(ChunkFrame + length)..];
    }

    /// <summary>CRC-32 of ISO 3309, as PNG has it.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint CrcOf(int value)
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc & 1) == 0 ? crc >> 1 : 0xedb88320 ^ (crc >> 1);
        return crc;
    }

    /// <param name="Data">Deflated; longer than <paramref name="Bytes"/>.</param>
    /// <param name="PlainBytes">Before.</param>
    private readonly record struct Strip(NativeBuffer? Data, int Bytes, Adler Adler, long PlainBytes);
}

/// <summary>Adler-32 (RFC 1950, 9), of a sequence or of two whose sums are known.</summary>
internal struct Adler
{
    private const uint Modulus = 65_521;

    /// <summary>So many bytes cannot overflow 32 bits between two divisions.</summary>
    private const int Run = 5_552;

    private uint _low;
    private uint _high;

    public static Adler Empty => new() { _low = 1 };

    public readonly uint Value => (_high << 16) | _low;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var run = bytes[..Math.Min(Run, bytes.Length)];
            var (low, high) = (_low, _high);
            foreach (var value in run)
            {
                low += value;
                high += low;
            }

            (_low, _high) = (low % Modulus, high % Modulus);
            bytes = bytes[run.Length..];
        }
    }

    /// <summary>The sum of this sequence and, behind it, another of <paramref name="length"/> bytes.</summary>
    public readonly Adler Then(Adler other, long length)
    {
        var shift = (uint)(length % Modulus);
        return new Adler
        {
            _low = (_low + other._low + Modulus - 1) % Modulus,
            // The other's high sum began at 0 with a low sum of 1; it begins here at ours.
            _high = (uint)((((ulong)shift * (_low + Modulus - 1)) + _high + other._high) % Modulus),
        };
    }
}
