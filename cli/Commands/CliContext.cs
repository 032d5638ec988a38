using Espresso.Cli.Display;
using Spectre.Console;

namespace Espresso.Cli.Commands;

/// <summary>What every command works with.</summary>
internal sealed record CliContext(IAnsiConsole Console, TextWriter Output, Interrupts Interrupts, TimeProvider Time)
{
    // A pipe has no width; lines of this one fit on a screen and into a report.
    private const int PipeWidth = 100;

    /// <summary>For a terminal that understands it, or for a pipe.</summary>
    public static CliContext ForStandardOutput(Interrupts interrupts)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = System.Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = System.Console.IsOutputRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (System.Console.IsOutputRedirected)
            console.Profile.Width = PipeWidth;
        return new CliContext(console, System.Console.Out, interrupts, TimeProvider.System);
    }

    /// <summary>A live table on a terminal, lines elsewhere.</summary>
    /// <param name="everything">True: for those who run a mesh; false: for those who only wait for it.</param>
    public IMeshDisplay MeshDisplay(bool everything) =>
        Console.Profile.Capabilities is { Interactive: true, Ansi: true } ? new ProcessBoard(Console, everything) : new ProcessLog(Output, everything, Time);
}
