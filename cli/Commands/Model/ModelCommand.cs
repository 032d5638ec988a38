using System.CommandLine;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model …</c>: all that is done to a model package.</summary>
internal static class ModelCommand
{
    public static Command Create(CliContext context) => new("model", "make and check model packages, and fetch their networks")
    {
        NewCommand.Create(context),
        CheckCommand.Create(context),
        FetchCommand.Create(context),
    };

    public static Argument<DirectoryInfo> Folder(string name = "DIR") => new(name) { Description = "a model package: minions/depth/0.1" };
}
