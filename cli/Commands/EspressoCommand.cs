using System.CommandLine;
using System.CommandLine.Invocation;
using Espresso.Cli.Commands.Model;

namespace Espresso.Cli.Commands;

/// <summary>The command itself: all that follows <c>espresso</c> on the command line.</summary>
internal static class EspressoCommand
{
    public static RootCommand Create(CliContext context) => new("Espresso: one picture in, the answers of many models out")
    {
        RunCommand.Create(context),
        UpCommand.Create(context),
        InferCommand.Create(context),
        StatusCommand.Create(context),
        TrafficCommand.Create(context),
        MinionCommand.Create(context),
        ModelCommand.Create(context),
    };

    /// <returns>The process's exit code: 0, 1 for a failure or a wrong command line.</returns>
    /// <exception cref="CliException">It failed; the message is for the person.</exception>
    public static async Task<int> Run(CliContext context, IReadOnlyList<string> args, CancellationToken cancellation)
    {
        var parsed = Create(context).Parse(args);
        if (parsed.Action is ParseErrorAction wrong)
            wrong.ShowHelp = false; // a page of help would hide what is wrong

        // Signals are ours (Interrupts): an orderly end may take longer than the library would wait.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await parsed.InvokeAsync(configuration, cancellation);
    }
}
