using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
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
    private const uint NoAdler = 1; // of an empty sequence

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
            var adler = new Adler32();
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

                    adler.Append(line.AsSpan(0, stride + 1));
                    deflate.Write(line.AsSpan(0, stride + 1));
                }

                if (!isLast)
                    deflate.Flush();
                var flushed = into.Position;
                if (!isLast)
                    return new Strip(data, (int)flushed, adler.GetCurrentHashAsUInt32(), plain);
            }

            return new Strip(data, (int)into.Position, adler.GetCurrentHashAsUInt32(), plain);
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

        var adler = NoAdler;
        foreach (var strip in strips)
            adler = Joined(adler, strip.Adler, strip.PlainBytes);
        Span<byte> sum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, adler);

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
        BinaryPrimitives.WriteUInt32BigEndian(into[(8 + length)..], Crc32.HashToUInt32(into.Slice(4, 4 + length)));
        return into[(ChunkFrame + length)..];
    }

    /// <summary>The Adler-32 (RFC 1950, 9) of two sequences behind each other.</summary>
    /// <param name="length">Of the second, in bytes.</param>
    internal static uint Joined(uint first, uint second, long length)
    {
        const uint Modulus = 65_521;
        var shift = (uint)(length % Modulus);
        var (firstLow, firstHigh, secondLow, secondHigh) = (first & 0xffff, first >> 16, second & 0xffff, second >> 16);
        var low = (firstLow + secondLow + Modulus - 1) % Modulus;
        // The second's high sum began at 0 with a low sum of 1; it begins here at the first's.
        var high = (((ulong)shift * (firstLow + Modulus - 1)) + firstHigh + secondHigh) % Modulus;
        return ((uint)high << 16) | low;
    }

    /// <param name="Data">Deflated; longer than <paramref name="Bytes"/>.</param>
    /// <param name="PlainBytes">Before.</param>
    private readonly record struct Strip(NativeBuffer? Data, int Bytes, uint Adler, long PlainBytes);
}
