using System.CommandLine;
using Espresso.Cli.Client;
using Espresso.Cli.Display;
using Spectre.Console;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso status</c>: who serves what, and how busy they are.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    public static Command Create(CliContext context)
    {
        var url = Choices.Url();
        var watch = new Option<bool>("--watch") { Description = "show it anew every second, until Ctrl-C" };
        var command = new Command("status", "show the models, replicas and queues of a running mesh") { url, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new MeshClient(parsed.GetRequiredValue(url));
            var table = StatusTable.Of(await client.Status(cancellation));
            if (!parsed.GetValue(watch))
            {
                context.Console.Write(table);
                return 0;
            }

            using var timer = new PeriodicTimer(WatchEvery, context.Time);
            await context.Console.Live(table).StartAsync(async live =>
            {
                while (await timer.WaitForNextTickAsync(cancellation))
                    live.UpdateTarget(StatusTable.Of(await client.Status(cancellation)));
            });
            return 0;
        });
        return command;
    }
}
