using Espresso.Cli.Processes;

namespace Espresso.Cli.Display;

/// <summary>Shows a person what the processes do.</summary>
internal interface IMeshDisplay : IMeshObserver
{
    /// <summary>Shows it for as long as <paramref name="work"/> lasts, and hands on how it ended.</summary>
    Task While(Func<Task> work);

    /// <summary>A sentence of our own, between what the processes say.</summary>
    void Say(string text);
}
