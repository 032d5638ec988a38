using System.CommandLine;
using Espresso.Cli.Cards;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Reports;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model card DIR</c>: the check, written down as a page that goes with the hand-over.</summary>
internal static class CardCommand
{
    public static Command Create(CliContext context)
    {
        var folder = ModelCommand.Folder();
        var output = Choices.Out();
        var program = ModelCommand.Program();
        var command = new Command("card", "check a package and write its hand-over page as HTML and Markdown; exit code 1 if it is broken") { folder, output, program };
        command.SetAction(async (parsed, cancellation) => await Run(
            context, parsed.GetRequiredValue(folder), parsed.GetRequiredValue(output), parsed.GetValue(program)?.FullName, cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, DirectoryInfo folder, DirectoryInfo output, string? program, CancellationToken cancellation)
    {
        var package = ModelCommand.Read(folder);
        Choices.Make(output);
        var log = new StepLog(context);
        IReadOnlyList<Figures> samples = [];
        var check = new ModelCheck(Repository.Locate(), log, context.Time, record: false)
        {
            Program = program,
            WhileItServes = async bench => samples = await log.Watched("drawing", _ => ModelCard.Samples(package, bench, cancellation)),
        };
        var isGood = await check.Run(package.Folder, cancellation);

        var report = new ModelCard(package, log.Told, check.Costs, samples).Report(DateOnly.FromDateTime(context.Time.GetUtcNow().UtcDateTime));
        var path = Path.Combine(output.ToString(), $"card-{package.Manifest.Model}-{package.Manifest.Version}");
        await WholeFile.Write($"{path}.html", ReportHtml.Of(report), cancellation);
        await ReportMarkdown.Write(report, path, cancellation);
        context.Output.WriteLine($"{path}.html, {path}.md");
        return isGood ? 0 : 1;
    }
}
