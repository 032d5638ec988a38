using System.CommandLine;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model …</c>: all that is done to a model package.</summary>
internal static class ModelCommand
{
    public static Command Create(CliContext context) => new("model", "make, check and hand over model packages")
    {
        NewCommand.Create(context),
        CheckCommand.Create(context),
        FetchCommand.Create(context),
        PackCommand.Create(context),
        UnpackCommand.Create(context),
    };

    public static Argument<DirectoryInfo> Folder(string name = "DIR") => new(name) { Description = "a model package: minions/depth/0.1" };

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
}
