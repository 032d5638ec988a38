using Espresso.Cli;
using Espresso.Cli.Commands;
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
catch (Exception error) when (CliException.IsTold(error))
{
    await Console.Error.WriteLineAsync($"espresso: {error.Message}");
    return 1;
}
catch (Exception error) // else the runtime would abort, with a signal's exit code
{
    await Console.Error.WriteLineAsync($"espresso: this was not foreseen; please report it with the lines below{Environment.NewLine}{error}");
    return 1;
}
