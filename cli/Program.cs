using Espresso.Cli;
using Espresso.Cli.Commands;
using Espresso.Cli.Processes;
using Grpc.Core;

using var interrupts = new Interrupts();
try
{
    return await EspressoCommand.Run(CliContext.ForStandardOutput(interrupts), args, interrupts.Stop);
}
catch (Exception error) when (interrupts.Stop.IsCancellationRequested && (error is OperationCanceledException || error.InnerException is RpcException { StatusCode: StatusCode.Cancelled }))
{
    await Console.Error.WriteLineAsync("espresso: interrupted");
    return 130;
}
catch (Exception error) when (error is CliException or ProcessFallException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"espresso: {error.Message}"); // a full disk, a folder that may not be written: the message names the place
    return 1;
}
