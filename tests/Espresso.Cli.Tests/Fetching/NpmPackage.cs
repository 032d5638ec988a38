using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Espresso.Cli.Tests.Fetching;

/// <summary>A package as npm packs it, that carries a file in pieces.</summary>
internal static class NpmPackage
{
    public static byte[] With(string resource, byte[] content, int pieceBytes, bool leaveOneOut = false)
    {
        var pieces = content.Chunk(pieceBytes).Select((bytes, i) => (Hash: $"piece{i}", Bytes: bytes, From: (long)i * pieceBytes)).ToList();
        var index = new Dictionary<string, object>
        {
            [resource] = new { chunks = pieces.Select(piece => new { hash = piece.Hash, offsets = new[] { piece.From, piece.From + piece.Bytes.Length } }) },
        };
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            // The last piece first: npm promises no order.
            foreach (var (hash, bytes, _) in Enumerable.Reverse(pieces).Skip(leaveOneOut ? 1 : 0))
                Write(tar, $"package/dist/{hash}", bytes);
            Write(tar, "package/dist/resources.json", JsonSerializer.SerializeToUtf8Bytes(index));
            Write(tar, "package/README.md", "not wanted"u8.ToArray());
        }

        return file.ToArray();
    }

    public static string Integrity(byte[] tarball) => "sha512-" + Convert.ToBase64String(SHA512.HashData(tarball));

    private static void Write(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
