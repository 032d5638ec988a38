using Espresso.Cli.Client;
using Spectre.Console;

namespace Espresso.Cli.Display;

/// <summary>A mesh's status as a table: a line a replica.</summary>
internal static class StatusTable
{
    private static readonly string[] Numbers = ["pending", "running", "batch", "done", "failed", "refused", "memory"];

    public static Table Of(MeshStatus status)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("service", "version", "replica").AddColumn("device");
        foreach (var number in Numbers)
            table.AddColumn(new TableColumn(number).RightAligned());

        foreach (var model in status.Models)
        {
            var version = Markup.Escape(model.Version) + (model.IsDefault ? " [green]default[/]" : "");
            if (model.Replicas.Count == 0)
                table.AddRow(Markup.Escape(model.Model), version, "[red]none[/]");
            foreach (var replica in model.Replicas)
                Add(table, Markup.Escape(model.Model), version, replica);
        }

        foreach (var replica in status.Preprocessors)
            Add(table, "[grey]preprocessor[/]", "", replica);
        if (status.Preprocessors.Count == 0)
            table.AddRow("[grey]preprocessor[/]", "", "[red]none[/]");
        return table;
    }

    private static void Add(Table table, string service, string version, ReplicaStatus replica) => table.AddRow(
        service,
        version,
        Markup.Escape(replica.Address) + (replica.Draining ? " [yellow]draining[/]" : ""),
        $"{Markup.Escape(replica.Device ?? "")}{(replica.Instances > 0 ? $" × {replica.Instances}" : "")}",
        $"{replica.Pending}",
        $"{replica.Running}",
        replica.MeanBatch > 0 ? $"{replica.MeanBatch:0.0}" : "",
        $"{replica.Done}",
        Alarm(replica.Failed, "red"),
        Alarm(replica.Rejected, "yellow"),
        replica.ResidentBytes > 0 ? $"{replica.ResidentBytes / 1048576.0:0} MB" : "");

    private static string Alarm(long count, string colour) => count > 0 ? $"[{colour}]{count}[/]" : "0";
}
