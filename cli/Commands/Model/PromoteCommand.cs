using System.CommandLine;
using Espresso.Cli.Client;
using Espresso.Cli.Display;
using Espresso.Cli.Drafting;
using Espresso.Cli.Promotion;
using Spectre.Console;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model promote NAME VERSION</c>: who names no version gets this one from now on.</summary>
internal static class PromoteCommand
{
    private sealed record Settings(string Model, string Version, Uri Url, string? Packages, bool Yes, bool Force);

    public static Command Create(CliContext context)
    {
        var model = new Argument<string>("NAME") { Description = "a served model: depth" };
        var version = new Argument<string>("VERSION") { Description = "which becomes the default: 1.0" };
        var url = Choices.Url();
        var packages = new Option<DirectoryInfo?>("--packages") { Description = "where the packages are, as NAME/VERSION; otherwise minions", HelpName = "DIR" };
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var force = new Option<bool>("--force") { Description = "also where the contract or a sample's answer is another, or cannot be compared" };
        var command = new Command("promote", "make a version the default of a running mesh; shows contract and samples first") { model, version, url, packages, yes, force };
        command.SetAction(async (parsed, cancellation) => await Run(
            context,
            new Settings(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(version), parsed.GetRequiredValue(url), parsed.GetValue(packages)?.FullName,
                parsed.GetValue(yes), parsed.GetValue(force)),
            cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, Settings settings, CancellationToken cancellation)
    {
        var (model, version) = (settings.Model, settings.Version);
        using var mesh = new MeshClient(settings.Url);
        var steps = new PromotionSteps(mesh, model);
        var traffic = await steps.Traffic(cancellation);
        await steps.MustBeServed(version, cancellation);
        if (traffic.Serving == version && traffic.Pinned is not null)
        {
            context.Output.WriteLine($"{model} {version} is the default already");
            return 0;
        }

        var before = traffic.Serving ?? traffic.Pinned;
        if (before == version)
        {
            // Without a pin the highest serves from its first replica on; what callers had is the one before it.
            before = DefaultHistory.Before(traffic.History);
            context.Output.WriteLine($"{model} {version} serves already, since it is the highest and none is pinned");
        }

        var repository = Repository.Locate();
        var report = new PromotionReport(repository, new StepLog(context), context.Time, settings.Packages ?? repository.Minions);
        if (!await report.Tell(mesh, model, before, version, cancellation) && !settings.Force)
            throw new CliException($"{model} {version} is not promoted; --force does it all the same");
        var question = new ConfirmationPrompt(Markup.Escape($"make {version} the default of {model} at {settings.Url}, instead of {before ?? "none"}?")) { DefaultValue = false };
        if (!settings.Yes && !(context.Console.Profile.Capabilities.Interactive
            ? await Questions.Ask(context.Console, question, cancellation)
            : throw new CliException("nobody is there to be asked; --yes promotes it")))
            return 1;

        await steps.Move(traffic, version, PromotionSteps.Promote, cancellation);
        context.Output.WriteLine($"the default of {model} is {version}{(before is null ? ", the first that the mesh knows" : $", before {before}; back: espresso model rollback {model}")}");
        return 0;
    }
}
