using System.Threading.Channels;
using Espresso.Cli.Processes;
using Spectre.Console;

namespace Espresso.Cli.Display;

/// <summary>A table of the processes on a terminal that follows their states; warnings and falls scroll by above it.</summary>
/// <remarks>Only the loop in <see cref="While"/> writes to the terminal; everyone else leaves word in its channel.</remarks>
/// <param name="everything">True: with process ids, addresses and restarts.</param>
internal sealed class ProcessBoard(IAnsiConsole console, bool everything) : IMeshDisplay
{
    // Beyond this the oldest lines are lost: a screen that cannot keep up must not hold up the processes' output.
    private readonly Channel<Action> _news = Channel.CreateBounded<Action>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Noteworthy _noteworthy = new();
    private readonly List<string> _order = [];
    private readonly Dictionary<string, ProcessStatus> _statuses = [];

    public void Changed(ProcessStatus status) => _news.Writer.TryWrite(() =>
    {
        if (!_statuses.ContainsKey(status.Name))
            _order.Add(status.Name);
        _statuses[status.Name] = status;
        _noteworthy.Note(status);
    });

    public void Wrote(string process, OutputLine line)
    {
        if (line.Level < LineLevel.Warning)
            return; // most lines: not worth the way
        _news.Writer.TryWrite(() =>
        {
            if (_noteworthy.Is(process, line))
                console.MarkupLine($"[{(line.Level == LineLevel.Error ? "red" : "yellow")}]{Markup.Escape(process)}[/] {Markup.Escape(line.Text)}");
        });
    }

    public void Fell(ProcessFall fall)
    {
        Above($"[red]{Markup.Escape(fall.Process)} {Markup.Escape(fall.Why)}[/]{(fall.LastLines.Count > 0 ? "; its last lines:" : "")}");
        foreach (var line in fall.LastLines)
            Above($"  [grey]{Markup.Escape(line)}[/]");
    }

    public void Say(string text) => Above(Markup.Escape(text));

    public Task While(Func<Task> work) => console.Live(Table()).StartAsync(async live =>
    {
        var working = work();
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, _news.Reader.WaitToReadAsync().AsTask());
            while (_news.Reader.TryRead(out var news))
                news();
            live.UpdateTarget(Table());
        }

        await working;
    });

    private void Above(string markup) => _news.Writer.TryWrite(() => console.MarkupLine(markup));

    private Table Table()
    {
        string[] heads = everything ? ["process", "state", "pid", "http", "restarts", ""] : ["process", "state", ""];
        var table = new Table().Border(TableBorder.None).AddColumns([.. heads.Select(head => new TableColumn($"[grey]{head}[/]").PadRight(3))]);
        foreach (var status in _order.Select(name => _statuses[name]))
        {
            string[] more = everything ? [$"{status.Id}", status.Http?.Authority ?? "", status.Restarts > 0 ? $"{status.Restarts}" : ""] : [];
            table.AddRow(
                [
                    Markup.Escape(status.Name),
                    $"[{StateText.Colour(status.State)}]{StateText.Word(status.State)}[/]",
                    .. more,
                    $"[grey]{Markup.Escape(status.Detail)}[/]",
                ]);
        }

        return table;
    }
}
