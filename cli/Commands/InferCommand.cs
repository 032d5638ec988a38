using System.CommandLine;
using Espresso.Cli.Client;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso infer PHOTO</c>: one photo through a mesh that runs already.</summary>
internal static class InferCommand
{
    private const int LongestDeadlineMs = 3_600_000;

    public static Command Create(CliContext context)
    {
        var photo = Choices.Photo();
        var url = Choices.Url();
        var models = Choices.Models("");
        var mask = Choices.Mask();
        var folder = Choices.Out();
        var deadline = new Option<int?>("--deadline") { Description = "milliseconds that the mesh has for the answer", HelpName = "MS" };
        deadline.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 1 or > LongestDeadlineMs)
                result.AddError($"--deadline: 1 to {LongestDeadlineMs}; found {value}");
        });
        var tenant = new Option<string?>("--tenant") { Description = "on whose account it goes; a busy mesh is shared among tenants by weight", HelpName = "NAME" };
        var patience = new Option<string?>("--class") { Description = "interactive: somebody waits for it; batch: it may wait" };
        patience.AcceptOnlyFromAmong("interactive", "batch");
        var format = new Option<string>("--format")
        {
            Description = "files: pictures in --out; json: the reply as it came, on standard output",
            DefaultValueFactory = _ => "files",
        };
        format.AcceptOnlyFromAmong("files", "json");

        var command = new Command("infer", "send one photo through a running mesh") { photo, url, models, mask, folder, deadline, tenant, patience, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var file = parsed.GetRequiredValue(photo);
            using var client = new MeshClient(parsed.GetRequiredValue(url));
            var reply = await client.Infer(
                new InferRequest(
                    await Choices.Read(file, cancellation),
                    Choices.Names(parsed.GetRequiredValue(models)),
                    parsed.GetValue(mask) is { } picture ? await Choices.Read(picture, cancellation) : null,
                    parsed.GetValue(deadline),
                    parsed.GetValue(tenant),
                    parsed.GetValue(patience)),
                cancellation);
            if (parsed.GetValue(format) == "files")
                return await Results.Show(context, MeshClient.Read(reply), file.Name, parsed.GetRequiredValue(folder).ToString(), cancellation);

            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(reply, cancellation);
            await output.WriteAsync("\n"u8.ToArray(), cancellation);
            return MeshClient.Read(reply).Results.Values.All(result => result.IsOk) ? 0 : 1;
        });
        return command;
    }
}
