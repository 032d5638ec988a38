using Espresso.Cli.Commands;
using Spectre.Console;

namespace Espresso.Cli.Tests.Commands;

/// <summary>Command lines run in this process, with nothing interactive.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly Interrupts _interrupts = new();

    /// <returns>The exit code, and what was written; a failure's message comes as the exception that it is.</returns>
    public Task<(int Code, string Output)> Run(params string[] args) => Run(TestContext.Current.CancellationToken, args);

    /// <param name="interrupt">Ctrl-C.</param>
    public async Task<(int Code, string Output)> Run(CancellationToken interrupt, params string[] args)
    {
        await using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        var code = await EspressoCommand.Run(new CliContext(console, output, _interrupts, TimeProvider.System), args, interrupt);
        return (code, output.ToString());
    }

    /// <summary>Presses Ctrl-C when the command waits for an answer.</summary>
    /// <returns>What stands on the terminal.</returns>
    public async Task<string> Interrupt(params string[] args)
    {
        await using var output = new StringWriter();
        var terminal = new UnansweredTerminal(output);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = EspressoCommand.Run(new CliContext(terminal, output, _interrupts, TimeProvider.System), args, interrupt.Token);
        (await Task.WhenAny(run, terminal.Asked)).ShouldBe(terminal.Asked, $"{output}");
        await interrupt.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        return output.ToString();
    }

    public void Dispose() => _interrupts.Dispose();
}
