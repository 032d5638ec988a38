using System.Formats.Tar;
using System.Security.Cryptography;
using Espresso.Cli.Checking;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Packing;

/// <summary>A packed package becomes a folder: all of it, verified, or nothing.</summary>
/// <remarks>
/// 1. the list of checksums, which says what must come; 2. each file of it, into a folder of its own beside the target, hashed; 3. nothing is
/// missing, and the manifest is that of the package; 4. packing that folder again gives the very file, so nothing between the files was changed,
/// cut off or added; 5. the folder takes its name.
/// </remarks>
internal sealed class PackageUnpacker(string archive)
{
    private const string Claim = ".part";

    /// <param name="into">The target folder, from the package's "model/version".</param>
    /// <exception cref="CliException">It is damaged, or its place is taken; nothing of it is left.</exception>
    public async Task<ModelPackage> Unpack(Func<string, string> into, IProgress<double> progress, CancellationToken cancellation)
    {
        try
        {
            await using var file = File.OpenRead(archive);
            await using var tar = new TarReader(file, leaveOpen: true);
            var sums = await List(tar, cancellation); // 1
            var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(into(sums.Root)));
            MustBeFree(target);
            var (staging, above) = (WholeFile.Part(target), HalfMade.FirstMissing(target));
            try
            {
                Directory.CreateDirectory(staging);
                await Files(tar, sums, staging, file, progress, cancellation); // 2
                var manifest = Manifest(sums.Root, staging); // 3
                await Same(sums.Root, staging, file, cancellation); // 4
                Rename(staging, target); // 5
                return new ModelPackage(target, manifest);
            }
            catch
            {
                HalfMade.Remove(staging, above);
                throw;
            }
        }
        catch (EndOfStreamException error)
        {
            throw Refused("it was cut off", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or FormatException or OverflowException or ArgumentException)
        {
            throw Refused(error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : error.Message, error);
        }
        catch (CliException error)
        {
            throw Refused(error.Message, error);
        }
    }

    private CliException Refused(string why, Exception error) => new($"{archive} is not unpacked: {why}", error);

    private static async Task<PackageSums> List(TarReader tar, CancellationToken cancellation)
    {
        if (await tar.GetNextEntryAsync(copyData: false, cancellation) is not { EntryType: TarEntryType.RegularFile } first)
            throw new CliException("it is empty, or no file that espresso model pack has made");
        if (first.Length > PackageSums.Longest)
            throw new CliException($"its list of checksums has {first.Length} bytes");
        var bytes = new byte[first.Length];
        if (first.DataStream is { } content)
            await content.ReadExactlyAsync(bytes, cancellation);
        return PackageSums.Read(first.Name, bytes);
    }

    private static async Task Files(TarReader tar, PackageSums sums, string staging, FileStream file, IProgress<double> progress, CancellationToken cancellation)
    {
        var missing = sums.Sums.Keys.ToHashSet(StringComparer.Ordinal);
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            var path = entry.Name.StartsWith($"{sums.Root}/", StringComparison.Ordinal) ? entry.Name[(sums.Root.Length + 1)..] : "";
            if (entry.EntryType != TarEntryType.RegularFile || !missing.Remove(path))
                throw new CliException($"'{PackageSums.Told(entry.Name)}' is not on its list of checksums");
            var place = Path.Combine(staging, path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            await using (var to = new FileStream(place, FileMode.CreateNew))
            {
                await (entry.DataStream ?? Stream.Null).CopyToAsync(to, cancellation);
                if (to.Length < entry.Length)
                    throw new EndOfStreamException(); // the reader itself takes what there is
            }

            if (await PackageFiles.Sum(place, cancellation) is var sum && sum != sums.Sums[path])
                throw new CliException($"{path} was changed: it has sha256 {sum} instead of {sums.Sums[path]}");
            progress.Report((double)file.Position / file.Length);
        }

        if (missing.Count > 0)
            throw new CliException($"it was cut off: {string.Join(", ", missing.Order(StringComparer.Ordinal))} {(missing.Count == 1 ? "is" : "are")} missing");
    }

    private static Manifest Manifest(string root, string staging)
    {
        try
        {
            var manifest = ModelPackage.Read(staging).Manifest;
            return manifest.Name == root ? manifest : throw new CliException($"its manifest is of {manifest.Name}, its files are of {root}");
        }
        catch (ManifestException error)
        {
            throw new CliException($"its manifest is faulty: {error.Faults[0]}", error);
        }
    }

    private static async Task Same(string root, string staging, FileStream file, CancellationToken cancellation)
    {
        file.Position = 0;
        var given = await SHA256.HashDataAsync(file, cancellation);
        using var hash = SHA256.Create();
        await using (var again = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
            await PackageArchive.Write(root, staging, PackageArchive.Files(staging), again, new Progress<double>(), cancellation);
        if (!hash.Hash.AsSpan().SequenceEqual(given))
            throw new CliException("its files are whole, but something beside them was changed, cut off or added since it was packed");
    }

    private static void MustBeFree(string target, string? except = null)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any(entry => entry != except))
            throw new CliException($"{target} is there already; a version is never changed: remove it first, or unpack elsewhere with --into");
    }

    /// <summary>An empty folder that is there already stays the one that it is: somebody may stand in it.</summary>
    private static void Rename(string staging, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(staging, target);
            return;
        }

        // Two may unpack into it at once: who holds this file brings all of the package, the other one nothing.
        using var mine = new FileStream(Path.Combine(target, Claim), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        MustBeFree(target, except: mine.Name);
        foreach (var entry in Directory.EnumerateFileSystemEntries(staging).ToList())
            Directory.Move(entry, Path.Combine(target, Path.GetFileName(entry)));
        Directory.Delete(staging);
    }
}
