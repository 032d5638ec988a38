using System.Buffers.Binary;
using System.IO.Compression;

namespace Espresso.Preprocessor.Tests.Encoding;

/// <summary>Reads a PNG of one row without the library under test (PNG specification, 5.3 and 9.2).</summary>
internal static class PngRow
{
    public static byte[] Read(byte[] file)
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
        var row = plain.ToArray();
        row[0].ShouldBeOneOf((byte)0, (byte)2); // as it is, or as its difference to a row above, which the first row has not
        return row[1..];
    }
}
