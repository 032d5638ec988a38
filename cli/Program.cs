using Espresso.Cli;
using Espresso.Cli.Commands;
using Espresso.Cli.Processes;

using var interrupts = new Interrupts();
try
{
    return await EspressoCommand.Run(CliContext.ForStandardOutput(interrupts), args, interrupts.Stop);
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
