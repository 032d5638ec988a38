using Espresso.Cli.Display;
using Spectre.Console;

namespace Espresso.Cli.Commands;

/// <summary>What every command works with.</summary>
internal sealed record CliContext(IAnsiConsole Console, TextWriter Output, Interrupts Interrupts, TimeProvider Time)
{
    /// <summary>A live table on a terminal, lines elsewhere.</summary>
    /// <param name="everything">True: elsewhere, all that the processes write is handed on.</param>
    public IMeshDisplay MeshDisplay(bool everything) =>
        Console.Profile.Capabilities is { Interactive: true, Ansi: true } && !System.Console.IsOutputRedirected
            ? new ProcessBoard(Console)
            : new ProcessLog(Output, everything);
}
