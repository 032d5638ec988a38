using System.Globalization;
using Espresso.Cli.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Espresso.Cli.Display;

/// <summary>A mesh's status as a table: a line a replica. Fits into 80 columns.</summary>
internal static class StatusTable
{
    private static readonly string[] Words = ["service", "replica", "device"];
    private static readonly string[] Numbers = ["queue", "batch", "done", "failed", "refused", "MB"];

    public static IRenderable Of(MeshStatus status)
    {
        var table = new Table().Border(TableBorder.None);
        table.AddColumns([.. Words.Select(head => new TableColumn(head).NoWrap().Padding(0, 0, 1, 0))]);
        table.AddColumns([.. Numbers.Select(head => new TableColumn(head).NoWrap().RightAligned().Padding(0, 0, 1, 0))]);
        foreach (var model in status.Models)
        {
            var name = $"{model.Model} {model.Version}";
            Add(table, model.IsDefault ? $"[green]{Markup.Escape(name)} *[/]" : Markup.Escape(name), model.Replicas);
        }

        Add(table, "preprocessor", status.Preprocessors);
        var notes = status.Models.SelectMany(model => new[] { Share(model, "canary", model.CanaryPercent), Share(model, "shadow", model.ShadowPercent) }).OfType<string>();
        return new Rows([table, .. notes.Append("* default version; queue: running + waiting").Select(note => new Markup($"[grey]{Markup.Escape(note)}[/]"))]);
    }

    private static string? Share(ModelStatus model, string kind, double? percent) =>
        percent is { } some ? string.Create(CultureInfo.InvariantCulture, $"{model.Model} {model.Version} is a {kind} on {some:0.##} %") : null;

    private static void Add(Table table, string service, IReadOnlyList<ReplicaStatus> replicas)
    {
        if (replicas.Count == 0)
            table.AddRow(service, "[red]none[/]");
        foreach (var replica in replicas)
        {
            table.AddRow(
                service,
                Markup.Escape(replica.Address) + State(replica),
                $"{Markup.Escape(replica.Device ?? "")}{(replica.Instances > 0 ? $"×{replica.Instances}" : "")}",
                $"{replica.Running}+{Math.Max(0, replica.Pending - replica.Running)}",
                replica.MeanBatch > 0 ? $"{replica.MeanBatch:0.0}" : "",
                $"{replica.Done}",
                Alarm(replica.Failed, "red"),
                Alarm(replica.Rejected, "yellow"),
                $"{replica.ResidentBytes / 1_048_576.0:0}");
        }
    }

    private static string State(ReplicaStatus replica) =>
        replica.Draining ? " [yellow]draining[/]"
        : replica.Health is null or "live" ? ""
        : $" [red]{Markup.Escape(replica.Health)}[/]";

    private static string Alarm(long count, string colour) => count > 0 ? $"[{colour}]{count}[/]" : "0";
}
