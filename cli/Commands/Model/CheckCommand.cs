using System.CommandLine;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model check DIR</c>: everything that a package is held to before it may serve.</summary>
internal static class CheckCommand
{
    public static Command Create(CliContext context)
    {
        var folder = ModelCommand.Folder();
        var record = new Option<bool>("--record") { Description = "write what the samples give now as what they are expected to give" };
        var program = ModelCommand.Program();
        var command = new Command("check", "hold a package against its manifest, its contract and its samples; exit code 1 and a line a fault if it is broken") { folder, record, program };
        command.SetAction(async (parsed, cancellation) =>
        {
            var place = parsed.GetRequiredValue(folder);
            var check = new ModelCheck(Repository.Locate(), new StepLog(context), context.Time, parsed.GetValue(record)) { Program = parsed.GetValue(program)?.FullName };
            var isGood = await check.Run(place.FullName, cancellation);
            context.Output.WriteLine(isGood ? $"{place} is in order" : $"{place} is not in order");
            return isGood ? 0 : 1;
        });
        return command;
    }
}
