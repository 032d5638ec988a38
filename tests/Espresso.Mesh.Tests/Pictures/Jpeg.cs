using System.Buffers.Binary;
using System.Text;

namespace Espresso.Mesh.Tests.Pictures;

/// <summary>JPEG files with metadata of every kind that cameras and programs put into them.</summary>
internal static class Jpeg
{
    /// <param name="orientation">EXIF's: 1 as it is, 6 to be turned right by a quarter.</param>
    /// <param name="secret">A word that stands in the description, the place, the XMP packet and the comment.</param>
    public static byte[] WithMetadata(byte[] jpeg, ushort orientation, string secret) =>
    [
        .. jpeg[..2],
        .. Segment(0xe1, [.. "Exif\0\0"u8, .. Exif(orientation, secret)]),
        .. Segment(0xe1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Encoding.ASCII.GetBytes($"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{secret}</x:xmpmeta>")]),
        .. Segment(0xfe, Encoding.ASCII.GetBytes(secret)),
        .. jpeg[2..],
    ];

    private static byte[] Segment(byte marker, byte[] content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(content.Length + 2));
        return [0xff, marker, .. length, .. content];
    }

    /// <summary>TIFF structure (TIFF 6.0, section 2): orientation, description, and a GPS directory whose satellites carry the word.</summary>
    private static byte[] Exif(ushort orientation, string secret)
    {
        const int Directory = 8;
        const int GpsDirectory = Directory + 2 + (3 * 12) + 4;
        const int Texts = GpsDirectory + 2 + 12 + 4;
        var text = Encoding.ASCII.GetBytes(secret + '\0');
        var exif = new MemoryStream();
        exif.Write("MM\0*"u8);
        Number(4, Directory);
        Number(2, 3);
        Entry(0x010e, 2, text.Length, () => Number(4, Texts)); // ImageDescription
        Entry(0x0112, 3, 1, () => { Number(2, orientation); Number(2, 0); });
        Entry(0x8825, 4, 1, () => Number(4, GpsDirectory));
        Number(4, 0);
        Number(2, 1);
        Entry(0x0008, 2, text.Length, () => Number(4, Texts + text.Length)); // GPSSatellites
        Number(4, 0);
        exif.Write(text);
        exif.Write(text);
        return exif.ToArray();

        void Entry(int tag, int type, int count, Action value)
        {
            Number(2, tag);
            Number(2, type);
            Number(4, count);
            value();
        }

        void Number(int bytes, int number)
        {
            for (var shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
                exif.WriteByte((byte)(number >> shift));
        }
    }
}
