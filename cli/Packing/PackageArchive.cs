using System.Formats.Tar;
using System.Security.Cryptography;
using Espresso.Manifests;

namespace Espresso.Cli.Packing;

/// <summary>A package as one file: a tar of <c>model/version/…</c> with the list of checksums first.</summary>
/// <remarks>
/// The same folder gives the same bytes: files by name, without times and owners, uncompressed (networks and pictures hardly shrink, and no
/// file can claim to be larger than the archive).
/// </remarks>
internal static class PackageArchive
{
    // ustar's own limit on a name; longer ones need headers that carry times.
    private const int LongestName = 100;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly DateTimeOffset NoTime = DateTimeOffset.UnixEpoch;

    /// <summary>The package's files, by path from its folder; what belongs to a workplace is left out: hidden files, Python's caches, unfinished downloads, a list of an earlier packing.</summary>
    /// <exception cref="CliException">A link, or no file: a pipe, a socket, a device.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        var files = new List<string>();
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => !IsLeftOut(entry.Name)))
        {
            if (entry.LinkTarget is not null)
                throw new CliException($"{entry.FullName} is a link; a package is one folder: put the file itself there");
            if (entry is DirectoryInfo)
                files.AddRange(Files(entry.FullName).Select(file => $"{entry.Name}/{file}"));
            else if (!RegularFile.OrNone(entry.FullName))
                throw new CliException($"{entry.FullName} {RegularFile.Fault}");
            else
                files.Add(entry.Name);
        }

        files.Sort(StringComparer.Ordinal);
        return files;
    }

    /// <param name="root">"depth/1.0".</param>
    /// <param name="files">Of <see cref="Files"/>.</param>
    public static async Task Write(string root, string folder, IReadOnlyList<string> files, Stream to, IProgress<double> progress, CancellationToken cancellation)
    {
        var (done, all) = (0L, 2 * Math.Max(1, files.Sum(file => new FileInfo(Path.Combine(folder, file)).Length)));
        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            await using var content = Open(file);
            sums[file] = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
            progress.Report((double)(done += content.Length) / all);
        }

        await using var tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        using (var list = new MemoryStream(new PackageSums(root, sums).ToBytes()))
            await Add(PackageSums.FileName, list);
        foreach (var file in files)
        {
            await using var content = Open(file);
            await Add(file, content);
            progress.Report((double)(done += content.Length) / all);
        }

        FileStream Open(string file) => File.OpenRead(Path.Combine(folder, file));

        Task Add(string file, Stream content)
        {
            var name = $"{root}/{file}";
            return name.Length <= LongestName
                ? tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { Mode = Mode, ModificationTime = NoTime, DataStream = content }, cancellation)
                : throw new CliException($"the name {name} is too long; {LongestName} letters at the most");
        }
    }

    /// <summary>True for a path from the package's folder that <see cref="Files"/> passes over.</summary>
    public static bool LeavesOut(string path) => path.Split('/').Any(IsLeftOut);

    private static bool IsLeftOut(string name) =>
        name.StartsWith('.') || name.EndsWith(".part", StringComparison.Ordinal) || name is "__pycache__" or PackageSums.FileName || name.EndsWith(".pyc", StringComparison.Ordinal);
}
