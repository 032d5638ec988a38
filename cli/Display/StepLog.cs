using Espresso.Cli.Checking;
using Espresso.Cli.Commands;
using Spectre.Console;

namespace Espresso.Cli.Display;

/// <summary>A line for each step of a long piece of work; on a terminal a bar while it lasts.</summary>
internal sealed class StepLog(CliContext context)
{
    private const int Name = 10;

    private readonly List<(string Step, Finding Finding)> _told = [];

    /// <summary>What each step came to, in their order.</summary>
    public IReadOnlyList<(string Step, Finding Finding)> Told => _told;

    /// <returns>True: the finding is good.</returns>
    public bool Tell(string step, Finding finding)
    {
        _told.Add((step, finding));
        if (finding.IsGood)
            Line(step, finding.Said, "green");
        foreach (var fault in finding.Faults)
            Line("FAULT", $"{step}: {fault}", "red");
        return finding.IsGood;
    }

    public void Say(string text) => Line("", text, "grey");

    /// <summary>Runs a step and tells of it; what it cannot do is a fault of its own.</summary>
    public async Task<bool> Step(string step, Func<IProgress<double>, Task<Finding>> work)
    {
        Finding finding;
        try
        {
            finding = await Watched(step, work);
        }
        catch (Exception error) when (CliException.IsTold(error))
        {
            finding = Finding.Bad(error.Message);
        }

        return Tell(step, finding);
    }

    /// <summary>Runs <paramref name="work"/> with a bar that follows it.</summary>
    public async Task<T> Watched<T>(string step, Func<IProgress<double>, Task<T>> work)
    {
        if (context.Console.Profile.Capabilities is not { Interactive: true, Ansi: true })
            return await work(new Deaf());
        return await context.Console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(bars => work(new Bar(bars.AddTask(step.PadRight(Name), maxValue: 1))));
    }

    // The terminal library breaks lines at words, which is for people; in a pipe a line stays one.
    private void Line(string head, string text, string colour)
    {
        if (context.Console.Profile.Capabilities.Interactive)
            context.Console.MarkupLine($"[{colour}]{head.PadRight(Name)}[/] {Markup.Escape(text)}");
        else
            context.Output.WriteLine($"{head.PadRight(Name)} {text}");
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    private sealed class Deaf : IProgress<double>
    {
        public void Report(double value)
        {
            // a pipe hears of steps when they are done
        }
    }
}
