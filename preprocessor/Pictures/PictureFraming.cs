using System.Buffers.Binary;

namespace Espresso.Preprocessor.Pictures;

/// <summary>Finds files that end too early, by their containers' lengths and end marks: in microseconds, before a codec is asked.</summary>
/// <remarks>
/// A codec notices only when it comes to the missing part, and a tensor that crops the picture may never come there; so the same
/// file would be good for one model and bad for another. What follows the end mark does not matter: phones append films and more.
/// </remarks>
internal static class PictureFraming
{
    public static bool IsWhole(PictureFormat format, ReadOnlySpan<byte> file) => format switch
    {
        PictureFormat.Jpeg => JpegEnds(file),
        PictureFormat.Png => PngEnds(file),
        PictureFormat.Webp => BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L <= file.Length,
        PictureFormat.Gif => GifEnds(file),
        PictureFormat.Avif or PictureFormat.Heic => BoxesEnd(file),
        _ => true, // TIFF has no order to walk; its offsets are checked where they are read
    };

    // Segments with their lengths up to the first scan; from there the end mark cannot be part of coded data (ITU T.81, B.1.1.2 and B.2).
    private static bool JpegEnds(ReadOnlySpan<byte> file)
    {
        const byte StartOfScan = 0xda;
        const byte EndOfImage = 0xd9;
        var at = 2;
        while (at + 4 <= file.Length)
        {
            if (file[at] != 0xff)
                return true; // damaged rather than short: the codec's to judge
            var marker = file[at + 1];
            if (marker == 0xff)
            {
                at++;
                continue;
            }

            if (marker == StartOfScan)
                return file[at..].IndexOf((ReadOnlySpan<byte>)[0xff, EndOfImage]) >= 0;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
        }

        return false;
    }

    // Length, type, content, checksum; the last chunk is IEND (PNG specification, 5.3).
    private static bool PngEnds(ReadOnlySpan<byte> file)
    {
        for (var at = 8L; at + 12 <= file.Length;)
        {
            var next = at + 12 + BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            if (file[((int)at + 4)..].StartsWith("IEND"u8))
                return next <= file.Length;
            at = next;
        }

        return false;
    }

    // Blocks up to the trailer (GIF89a, 17 to 27).
    private static bool GifEnds(ReadOnlySpan<byte> file)
    {
        const byte Extension = 0x21;
        const byte Image = 0x2c;
        const byte Trailer = 0x3b;
        if (file.Length < 13)
            return false;
        var at = 13 + ColourTable(file[10]);
        while (at < file.Length && (file[at] is Extension or Image))
        {
            if (file[at] == Image)
            {
                if (at + 10 > file.Length)
                    return false;
                at += 11 + ColourTable(file[at + 9]); // descriptor, local colours, code size
            }
            else
            {
                at += 2;
            }

            while (at < file.Length && file[at] != 0)
                at += file[at] + 1;
            if (at++ >= file.Length)
                return false;
        }

        return at < file.Length && file[at] == Trailer;

        static int ColourTable(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    // ISO 14496-12, 4.2: length and type; a length of 1 stands for a long one behind the type, 0 for "to the end".
    private static bool BoxesEnd(ReadOnlySpan<byte> file)
    {
        var at = 0L;
        while (at + 8 <= file.Length)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            if (length == 1 && at + 16 <= file.Length)
                length = BinaryPrimitives.ReadInt64BigEndian(file[((int)at + 8)..]);
            if (length == 0)
                return true;
            if (length < 8 || length > file.Length - at)
                return false;
            at += length;
        }

        return at == file.Length;
    }
}
