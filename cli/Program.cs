using System.CommandLine;
using Espresso.Cli;
using Espresso.Cli.Commands;
using Espresso.Cli.Processes;

using var interrupts = new Interrupts();
var context = CliContext.ForStandardOutput(interrupts);
var root = new RootCommand("Espresso: one picture in, the answers of many models out")
{
    RunCommand.Create(context),
    UpCommand.Create(context),
    InferCommand.Create(context),
    StatusCommand.Create(context),
};

try
{
    // Signals are ours (Interrupts): an orderly end may take longer than the library would wait.
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await root.Parse(args).InvokeAsync(configuration, interrupts.Stop);
}
catch (Exception error) when (error is CliException or ProcessFallException)
{
    await Console.Error.WriteLineAsync($"espresso: {error.Message}");
    return 1;
}
catch (OperationCanceledException) when (interrupts.Stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("espresso: interrupted");
    return 130;
}
