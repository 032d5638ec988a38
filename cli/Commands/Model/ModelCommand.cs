using System.CommandLine;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model …</c>: all that is done to a model package.</summary>
internal static class ModelCommand
{
    public static Command Create(CliContext context) => new("model", "make, check, hand over and promote model packages")
    {
        NewCommand.Create(context),
        CheckCommand.Create(context),
        CardCommand.Create(context),
        DiffCommand.Create(context),
        FetchCommand.Create(context),
        MendCommand.Create(context),
        PackCommand.Create(context),
        UnpackCommand.Create(context),
        PromoteCommand.Create(context),
        RollbackCommand.Create(context),
    };

    public static Argument<DirectoryInfo> Folder(string name = "DIR") => new(name) { Description = "a model package: minions/depth/0.1" };

    public static Option<FileInfo?> Program() => new("--program")
    {
        Description = "the program that serves it, where the model brings code of its own; otherwise the stock host",
        HelpName = "DLL",
    };

    /// <exception cref="CliException">It is no package; the message lists every fault.</exception>
    public static ModelPackage Read(DirectoryInfo folder)
    {
        try
        {
            return ModelPackage.Read(folder.FullName);
        }
        catch (ManifestException error)
        {
            throw new CliException(error.Message, error);
        }
    }

    /// <summary>Fetches a package's network where it is not there yet, and holds its files against the manifest.</summary>
    /// <exception cref="CliException">It is not whole; what is wrong has been told.</exception>
    public static async Task Whole(StepLog log, ModelPackage package, CancellationToken cancellation)
    {
        await Fetched(log, package, cancellation);
        var files = await PackageFiles.Check(package, record: false, cancellation);
        if (!files.IsGood)
        {
            log.Tell("files", files);
            throw new CliException($"{package.Folder} is not whole");
        }
    }

    /// <summary>Fetches a package's network where it is not there yet.</summary>
    public static async Task Fetched(StepLog log, ModelPackage package, CancellationToken cancellation)
    {
        if (!package.IsFetched || package.HasNetwork)
            return;
        log.Say($"fetching its network. {package.Manifest.Provenance.Source}; licence: {package.Manifest.Provenance.Licence}");
        await NetworkFetch.Run(package, _ => { }, cancellation);
    }
}
