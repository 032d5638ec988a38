using System.Buffers.Binary;
using System.IO.Compression;

namespace Espresso.Preprocessor.Tests.Encoding;

/// <summary>Reads a PNG's bytes without the library or the writer under test (PNG specification, 5.3 and 9.2).</summary>
internal static class PngRow
{
    /// <summary>The bytes of a PNG of one row.</summary>
    public static byte[] Read(byte[] file)
    {
        var row = Inflate(file);
        row[0].ShouldBeOneOf((byte)0, (byte)2); // as it is, or as its difference to a row above, which the first row has not
        return row[1..];
    }

    /// <param name="stride">Bytes a row.</param>
    public static byte[] ReadAll(byte[] file, int stride)
    {
        var rows = Inflate(file);
        var plain = new byte[rows.Length / (stride + 1) * stride];
        for (var at = 0; at < plain.Length; at++)
        {
            var row = at / stride;
            rows[row * (stride + 1)].ShouldBeOneOf((byte)0, (byte)2);
            var above = rows[row * (stride + 1)] == 2 && row > 0 ? plain[at - stride] : 0;
            plain[at] = (byte)(rows[at + row + 1] + above);
        }

        return plain;
    }

    private static byte[] Inflate(byte[] file)
    {
        using var data = new MemoryStream();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (file.AsSpan(at + 4).StartsWith("IDAT"u8))
                data.Write(file, at + 8, length);
            at += length + 12;
        }

        data.Position = 0;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zlib.CopyTo(plain);
        return plain.ToArray();
    }
}
