using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Espresso.Cli.Fetching;

/// <summary>A file that a package carries in pieces, listed with their places by its <c>dist/resources.json</c>.</summary>
internal static class ChunkedResource
{
    private const string Index = "package/dist/resources.json";
    private const long LargestIndex = 1 << 20;
    private const long LargestResource = 2L << 30;

    /// <summary>Puts <paramref name="resource"/> together at <paramref name="path"/>, which appears only when its checksum is right.</summary>
    /// <param name="sha256">Of the whole, in hexadecimal.</param>
    /// <exception cref="CliException">The package does not hold it, or holds another.</exception>
    public static async Task Extract(string tarball, string resource, string sha256, string path, CancellationToken cancellation)
    {
        try
        {
            var places = await Places(tarball, resource, cancellation);
            await WholeFile.Write(path, async joined =>
            {
                await Join(tarball, places, joined, cancellation);
                joined.Position = 0;
                var sum = Convert.ToHexStringLower(await SHA256.HashDataAsync(joined, cancellation));
                if (!string.Equals(sum, sha256, StringComparison.OrdinalIgnoreCase))
                    throw new CliException($"{resource} has sha256 {sum} instead of {sha256}");
            });
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new CliException($"{resource} cannot be unpacked: {error.Message}", error);
        }
    }

    private static async Task<Dictionary<string, (long From, long To)>> Places(string tarball, string resource, CancellationToken cancellation)
    {
        await foreach (var (name, length, content) in Entries(tarball, cancellation))
        {
            if (name != Index)
                continue;
            if (length > LargestIndex)
                throw new CliException($"{Index} is {length} bytes large");
            try
            {
                using var index = await JsonDocument.ParseAsync(content, cancellationToken: cancellation);
                if (!index.RootElement.TryGetProperty(resource, out var entry))
                    throw new CliException($"{Index} does not list {resource}");
                return entry.GetProperty("chunks").EnumerateArray().ToDictionary(
                    chunk => "package/dist/" + chunk.GetProperty("hash").GetString(),
                    chunk => (chunk.GetProperty("offsets")[0].GetInt64(), chunk.GetProperty("offsets")[1].GetInt64()), StringComparer.Ordinal);
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new CliException($"{Index} is not understood: {error.Message}", error);
            }
        }

        throw new CliException($"the package has no {Index}");
    }

    private static async Task Join(
        string tarball, Dictionary<string, (long From, long To)> places, FileStream joined, CancellationToken cancellation)
    {
        var missing = places.Count;
        await foreach (var (name, length, content) in Entries(tarball, cancellation))
        {
            if (!places.TryGetValue(name, out var place))
                continue;
            if (length != place.To - place.From || place.From < 0 || place.To > LargestResource)
                throw new CliException($"{name} has {length} bytes, but its place is {place.From} to {place.To}");
            joined.Position = place.From;
            await content.CopyToAsync(joined, cancellation);
            missing--;
        }

        if (missing > 0)
            throw new CliException($"{missing} of its {places.Count} pieces are missing");
    }

    private static async IAsyncEnumerable<(string Name, long Length, Stream Content)> Entries(
        string tarball, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var file = File.OpenRead(tarball);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(plain);
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            if (entry.DataStream is { } content)
                yield return (entry.Name, entry.Length, content);
        }
    }
}
