using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Espresso.Mesh.Tests.Pictures;

/// <summary>PNG files written and read by nobody but ourselves, so that the product's codec is not its own judge. (PNG specification, third edition.)</summary>
internal static class Png
{
    public static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(value =>
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
        return crc;
    })];

    /// <summary>Without interlace, every row unfiltered.</summary>
    public static byte[] Write(Raster raster)
    {
        raster.Bits.ShouldBe(8);
        var stride = raster.Width * raster.Channels;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < raster.Height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(Array.ConvertAll(raster.Samples[(y * stride)..((y + 1) * stride)], sample => (byte)sample));
            }
        }

        return File(Header(raster.Width, raster.Height, bits: 8, raster.Channels == 1 ? ColourType.Gray : ColourType.Rgb), packed.ToArray());
    }

    /// <summary>A small file that says it is a large picture, all black.</summary>
    /// <param name="bytes">Of the pixels with their filter bytes.</param>
    public static byte[] Zeros(byte[] header, long bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (; bytes > 0; bytes -= zeros.Length)
                zlib.Write(zeros, 0, (int)Math.Min(zeros.Length, bytes));
        }

        return File(header, packed.ToArray());
    }

    public static byte[] Header(int width, int height, byte bits, ColourType colour, bool interlaced = false)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (bits, (byte)colour, interlaced ? (byte)1 : (byte)0);
        return header;
    }

    /// <summary>The chunks, their checksums verified.</summary>
    public static IReadOnlyList<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        file[..8].ShouldBe(Signature);
        var chunks = new List<(string, byte[])>();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var crc = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length));
            Crc(file.AsSpan(at + 4, 4 + length)).ShouldBe(crc);
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }

        return chunks;
    }

    /// <summary>Gray or RGB of 8 or 16 bits without interlace; every byte of it is unpacked.</summary>
    public static Raster Read(byte[] file)
    {
        var chunks = Chunks(file);
        chunks[0].Type.ShouldBe("IHDR");
        chunks[^1].Type.ShouldBe("IEND");
        var header = chunks[0].Data;
        var (width, height, bits) = (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)), header[8]);
        var channels = (ColourType)header[9] switch
        {
            ColourType.Gray => 1,
            ColourType.Rgb => 3,
            var other => throw new InvalidDataException($"colour type {other}"),
        };
        header[12].ShouldBe((byte)0, "interlaced");

        using var zlib = new ZLibStream(new MemoryStream([.. chunks.Where(chunk => chunk.Type == "IDAT").SelectMany(chunk => chunk.Data)]), CompressionMode.Decompress);
        var pixel = channels * bits / 8;
        var samples = new ushort[width * height * channels];
        var above = new byte[width * pixel];
        for (var y = 0; y < height; y++)
        {
            var filter = zlib.ReadByte();
            var row = new byte[above.Length];
            zlib.ReadExactly(row);
            Unfilter(filter, row, above, pixel);
            for (var i = 0; i < width * channels; i++)
                samples[(y * width * channels) + i] = bits == 8 ? row[i] : BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(2 * i));
            above = row;
        }

        zlib.ReadByte().ShouldBe(-1, "more pixels than the header says");
        return new Raster(width, height, channels, bits, samples);
    }

    private static byte[] File(byte[] header, byte[] packed)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Append(file, "IHDR", header);
        Append(file, "IDAT", packed);
        Append(file, "IEND", []);
        return file.ToArray();
    }

    private static void Append(MemoryStream file, string type, byte[] data)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] content = [.. Encoding.ASCII.GetBytes(type), .. data];
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(content));
        file.Write(number);
    }

    private static void Unfilter(int filter, byte[] row, byte[] above, int pixel)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var left = i < pixel ? 0 : row[i - pixel];
            var corner = i < pixel ? 0 : above[i - pixel];
            row[i] += (byte)(filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], corner),
                _ => throw new InvalidDataException($"filter {filter}"),
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var guess = left + up - corner;
        var (toLeft, toUp, toCorner) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = CrcTable[(crc ^ value) & 0xff] ^ (crc >> 8);
        return ~crc;
    }
}

internal enum ColourType : byte
{
    Gray = 0,
    Rgb = 2,
    RgbAlpha = 6,
}
