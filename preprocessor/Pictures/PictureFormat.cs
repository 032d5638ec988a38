using System.Buffers.Binary;
using Espresso.Errors;

namespace Espresso.Preprocessor.Pictures;

internal enum PictureFormat
{
    Jpeg,
    Png,
    Webp,
    Avif,
    Heic,
    Gif,
    Tiff,
}

/// <summary>Tells the format by a file's first bytes. Only what is named here ever reaches a codec.</summary>
internal static class PictureSniffer
{
    /// <exception cref="FailureException">not_a_picture, or unsupported_format where it is known to be one of another kind.</exception>
    public static PictureFormat Sniff(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]))
            return PictureFormat.Jpeg;
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]))
            return PictureFormat.Png;
        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8))
            return PictureFormat.Gif;
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8))
            return PictureFormat.Webp;
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
            return PictureFormat.Tiff;
        if (file.Length >= 16 && file[4..].StartsWith("ftyp"u8) && Brand(file) is { } format)
            return format;
        throw new FailureException(OtherKind(file) is { } kind
            ? new Failure(FailureKind.Unsupported, Reasons.UnsupportedFormat, $"{kind} is not taken; JPEG, PNG, WebP, AVIF, GIF and TIFF are")
            : Failure.Invalid(Reasons.NotAPicture, "the bytes are no picture; JPEG, PNG, WebP, AVIF, GIF and TIFF are taken"));
    }

    /// <summary>HEIF's brands: the major one and those it is compatible with; one that names the codec decides.</summary>
    private static PictureFormat? Brand(ReadOnlySpan<byte> file)
    {
        var end = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file), (uint)file.Length);
        PictureFormat? found = null;
        for (var at = 8; at + 4 <= end; at += 4)
        {
            var brand = file.Slice(at, 4);
            if (brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8))
                return PictureFormat.Avif;
            if (brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8))
                found = PictureFormat.Heic;
        }

        return found;
    }

    private static string? OtherKind(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("%PDF"u8))
            return "PDF";
        if (file.StartsWith("8BPS"u8))
            return "Photoshop (PSD)";
        if (file.StartsWith((ReadOnlySpan<byte>)[0xff, 0x0a]) || (file.Length >= 12 && file[4..].StartsWith("JXL "u8)))
            return "JPEG XL";
        if (file.Length >= 12 && file[4..].StartsWith("jP  "u8))
            return "JPEG 2000";
        if (file.Length >= 26 && file.StartsWith("BM"u8) && file[6..10].IndexOfAnyExcept((byte)0) < 0)
            return "BMP";
        if (file.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0]))
            return "ICO";
        return file[..Math.Min(file.Length, 1024)].IndexOf("<svg"u8) >= 0 ? "SVG" : null;
    }
}
