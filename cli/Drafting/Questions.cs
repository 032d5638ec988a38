using Spectre.Console;

namespace Espresso.Cli.Drafting;

/// <summary>Has what a graph cannot say answered: by a switch, else by the person at the terminal.</summary>
internal sealed class Questions(IAnsiConsole console, CancellationToken cancellation)
{
    private readonly List<string> _unanswered = [];

    private bool IsAsked => console.Profile.Capabilities.Interactive;

    /// <summary>One of several.</summary>
    /// <param name="given">What the switch says; null: it was not used.</param>
    /// <param name="choices">Each with its meaning.</param>
    public async Task<string> Choose(string question, string switchName, string? given, IReadOnlyList<(string Word, string Meaning)> choices)
    {
        if (given is not null)
            return choices.Any(choice => choice.Word == given) ? given : throw new CliException($"{switchName} {given}: one of {Words(choices)}");
        if (!IsAsked)
            return Unanswered($"{switchName} {string.Join('|', choices.Select(choice => choice.Word))}: {question}", choices[0].Word);
        var prompt = new SelectionPrompt<(string Word, string Meaning)>()
            .Title(Markup.Escape(question)).UseConverter(choice => Markup.Escape($"{choice.Word}: {choice.Meaning}")).AddChoices(choices);
        return (await Ask(console, prompt, cancellation)).Word;
    }

    /// <summary>A text that must not be empty.</summary>
    public async Task<string> Text(string question, string switchName, string? given)
    {
        if (!string.IsNullOrWhiteSpace(given))
            return given;
        return IsAsked ? await Ask(console, new TextPrompt<string>(Markup.Escape(question)), cancellation) : Unanswered($"{switchName} TEXT: {question}", "unknown");
    }

    public async Task<bool> Confirm(string question, string switchName, bool given) =>
        given || (IsAsked ? await Ask(console, new ConfirmationPrompt(Markup.Escape(question)), cancellation) : Unanswered($"{switchName}: {question}", "no") == "yes");

    /// <summary>Waits for the person's answer, or for an interrupt.</summary>
    /// <exception cref="OperationCanceledException">The interrupt came first; the terminal is as it was.</exception>
    public static async Task<T> Ask<T>(IAnsiConsole console, IPrompt<T> prompt, CancellationToken cancellation)
    {
        try
        {
            return await prompt.ShowAsync(console, cancellation);
        }
        catch (OperationCanceledException)
        {
            console.Cursor.Show(); // a selection hides it until it is answered
            console.WriteLine(); // what is told next has a line of its own
            throw;
        }
    }

    /// <exception cref="CliException">Something was asked that nobody could answer; the message lists all of it.</exception>
    public void MustBeAnswered()
    {
        if (_unanswered.Count > 0)
            throw new CliException($"the graph does not say these; please do:{string.Concat(_unanswered.Select(line => $"{Environment.NewLine}  {line}"))}");
    }

    private string Unanswered(string line, string otherwise)
    {
        _unanswered.Add(line);
        return otherwise; // so that everything that is missing can be told at once
    }

    private static string Words(IReadOnlyList<(string Word, string Meaning)> choices) => string.Join(", ", choices.Select(choice => choice.Word));
}
