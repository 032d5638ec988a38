using System.CommandLine;
using Espresso.Cli.Client;
using Espresso.Cli.Promotion;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model rollback NAME</c>: the default that was before the present one, by the mesh's own history. Asks nothing: it is for haste.</summary>
internal static class RollbackCommand
{
    public static Command Create(CliContext context)
    {
        var model = new Argument<string>("NAME") { Description = "a served model: depth" };
        var url = Choices.Url();
        var command = new Command("rollback", "make the version the default again that was it before") { model, url };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var mesh = new MeshClient(parsed.GetRequiredValue(url));
            var name = parsed.GetRequiredValue(model);
            var steps = new PromotionSteps(mesh, name);
            var traffic = await steps.Traffic(cancellation);
            var version = DefaultHistory.Before(traffic.History)
                ?? throw new CliException($"the mesh knows no default of {name} before {traffic.Serving ?? traffic.Pinned ?? "this"}; say which: espresso model promote {name} VERSION");
            await steps.MustBeServed(version, cancellation);
            await steps.Move(traffic, version, PromotionSteps.Rollback, cancellation);
            context.Output.WriteLine($"the default of {name} is {version} again, before {traffic.Serving ?? traffic.Pinned ?? "none"}");
            return 0;
        });
        return command;
    }
}
