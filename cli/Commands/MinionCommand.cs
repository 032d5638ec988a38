using System.CommandLine;
using Espresso.Cli.Commands.Model;
using Espresso.Cli.Packages;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso minion DIR</c>: one more version in a mesh that runs, for as long as the command does.</summary>
internal static class MinionCommand
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    public static Command Create(CliContext context)
    {
        var folder = ModelCommand.Folder();
        var coordinator = Choices.Url("--coordinator", "http://127.0.0.1:8081", "the gRPC address of the mesh's coordinator");
        var program = ModelCommand.Program();
        var command = new Command("minion", "serve a package in a running mesh, in the foreground; Ctrl-C ends it") { folder, coordinator, program };
        command.SetAction((parsed, cancellation) => Run(
            context, ModelCommand.Read(parsed.GetRequiredValue(folder)) with { Program = parsed.GetValue(program)?.FullName }, parsed.GetRequiredValue(coordinator), cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, ModelPackage package, Uri coordinator, CancellationToken cancellation)
    {
        var display = context.MeshDisplay(everything: true);
        if (!package.HasNetwork && package.IsFetched)
            await NetworkFetch.Run(package, far => display.Changed(new ProcessStatus(package.Title, ProcessState.Fetching, far)), cancellation);
        await using var mesh = new Mesh(Restart.OnceReady, StopLimit, ChildProcess.Start, display, context.Time);
        await display.While(async () =>
        {
            mesh.Start(Repository.Locate().Minion(package, coordinator), 0);
            try
            {
                await mesh.Ready().WaitAsync(cancellation);
                display.Say($"{package.Title} is in the mesh, and the default if it is the highest and none is pinned: espresso infer PHOTO --models {package.Manifest.Model}@{package.Manifest.Version}; Ctrl-C ends it");
                await mesh.Ended(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                await mesh.Stop(context.Interrupts.Now);
            }
        });
        return 0;
    }
}
