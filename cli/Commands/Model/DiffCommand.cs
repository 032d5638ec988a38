using System.CommandLine;
using Espresso.Cli.Checking;
using Espresso.Cli.Comparing;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Cli.Reports;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model diff A B</c>: two versions on the same pictures, told and drawn.</summary>
internal static class DiffCommand
{
    public static Command Create(CliContext context)
    {
        var a = ModelCommand.Folder("A");
        var b = ModelCommand.Folder("B");
        var photos = new Option<FileInfo[]>("--photos")
        {
            Description = "pictures besides the samples of both; a mask that is taken is made by the package that the manifest names",
            HelpName = "PHOTO",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var program = new Option<FileInfo[]>("--program")
        {
            Description = "the program that serves them, where the model brings code of its own; given twice: that of A, then that of B",
            HelpName = "DLL",
            DefaultValueFactory = _ => [],
        };
        var output = Choices.Out();
        var command = new Command("diff", "compare two versions: contract, speed, and their outputs side by side") { a, b, photos, program, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var programs = parsed.GetRequiredValue(program);
            if (programs.Length > 2)
                throw new CliException($"--program is given {programs.Length} times; diff compares two versions");
            return await Run(
                context,
                ModelCommand.Read(parsed.GetRequiredValue(a)) with { Program = programs.FirstOrDefault()?.FullName },
                ModelCommand.Read(parsed.GetRequiredValue(b)) with { Program = programs.LastOrDefault()?.FullName },
                parsed.GetRequiredValue(photos),
                parsed.GetRequiredValue(output),
                cancellation);
        });
        return command;
    }

    private static async Task<int> Run(CliContext context, ModelPackage a, ModelPackage b, FileInfo[] photos, DirectoryInfo output, CancellationToken cancellation)
    {
        if (a.Manifest.Model != b.Manifest.Model)
            throw new CliException($"{a.Manifest.Model} and {b.Manifest.Model} are two models; diff compares two versions of one");
        Choices.Make(output);
        var log = new StepLog(context);
        foreach (var package in new[] { a, b })
            await ModelCommand.Whole(log, package, cancellation);
        var pictures = new List<(string Name, byte[] Picture)>();
        foreach (var photo in photos)
            pictures.Add((photo.ToString(), await Choices.Read(photo, cancellation)));

        DiffReport diff;
        try
        {
            diff = await new ModelDiff(Repository.Locate(), log, context.Time).Run(a, b, pictures, cancellation);
        }
        catch (PackageException error)
        {
            throw new CliException(error.Message, error);
        }

        var path = Path.Combine(output.ToString(), $"diff-{a.Manifest.Model}-{a.Manifest.Version}-{b.Manifest.Version}");
        await WholeFile.Write($"{path}.html", ReportHtml.Of(diff.Report), cancellation);
        context.Output.WriteLine($"{path}.html  contract, speed and outputs");
        if (diff.Sheet is not { } sheet)
            return 0;
        await WholeFile.Write($"{path}.png", sheet.Bytes, cancellation);
        context.Output.WriteLine($"{path}.png   the pictures alone: what was sent, A, B, where they differ");
        return 0;
    }
}
