using Spectre.Console;
using Spectre.Console.Rendering;

namespace Espresso.Cli.Tests.Commands;

/// <summary>A terminal whose person is asked, and types nothing.</summary>
internal sealed class UnansweredTerminal(TextWriter output) : IAnsiConsole, IAnsiConsoleInput
{
    private readonly IAnsiConsole _screen = AnsiConsole.Create(
        new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) });

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once a key is waited for.</summary>
    public Task Asked => _asked.Task;

    public Profile Profile => _screen.Profile;

    public IAnsiConsoleCursor Cursor => _screen.Cursor;

    public IAnsiConsoleInput Input => this;

    public IExclusivityMode ExclusivityMode => _screen.ExclusivityMode;

    public RenderPipeline Pipeline => _screen.Pipeline;

    public void Clear(bool home) => _screen.Clear(home);

    public void Write(IRenderable renderable) => _screen.Write(renderable);

    public bool IsKeyAvailable() => false;

    public ConsoleKeyInfo? ReadKey(bool intercept) => throw new NotSupportedException("whoever waits so cannot be interrupted");

    public async Task<ConsoleKeyInfo?> ReadKeyAsync(bool intercept, CancellationToken cancellationToken)
    {
        _asked.SetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return null;
    }
}
