using System.CommandLine;
using Espresso.Cli.Display;
using Espresso.Cli.Fetching;
using Espresso.Cli.Packing;
using Espresso.Manifests;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model unpack FILE</c>: the folder that was packed, verified, or nothing.</summary>
internal static class UnpackCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "what espresso model pack made: depth-1.0.tar" };
        var into = new Option<DirectoryInfo?>("--into") { Description = "the package's folder; otherwise minions/MODEL/VERSION", HelpName = "DIR" };
        var sum = FetchCommand.Sum("what the file must have, as pack told it; without it a file that was packed anew by somebody else is not noticed");
        var command = new Command("unpack", "make a package's folder of one file; what was changed or cut off is refused, and leaves nothing") { file, into, sum };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file).FullName;
            if (!RegularFile.OrNone(path))
                throw new CliException($"{path} is not unpacked: it is a folder, a pipe, a socket or a device, and no file");
            if (parsed.GetValue(sum) is { } wanted && File.Exists(path) && await Checksum.Sha256(wanted).Fault(path, cancellation) is { } fault)
                throw new CliException($"{path} is not unpacked: it has {fault}");
            var target = parsed.GetValue(into)?.FullName;
            var log = new StepLog(context);
            var package = await log.Watched("unpacking", progress =>
                new PackageUnpacker(path).Unpack(root => target ?? Path.Combine(Repository.Locate().Minions, root), progress, cancellation));
            if (!package.HasNetwork)
                log.Say($"its network is fetched at first use. {package.Manifest.Provenance.Source}; licence: {package.Manifest.Provenance.Licence}");
            context.Output.WriteLine($"{package.Folder}: {package.Title}, verified; next: espresso model check {Path.GetRelativePath(Environment.CurrentDirectory, package.Folder)}");
            return 0;
        });
        return command;
    }
}
