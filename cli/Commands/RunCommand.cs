using System.CommandLine;
using System.Diagnostics;
using Espresso.Cli.Client;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso run PHOTO</c>: a mesh for one photo, from nothing and back to nothing.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    // Nobody else waits for this mesh: on a slow or busy machine the answer may take longer than a service would allow.
    private const int DeadlineMs = 120_000;

    // One photo fills no batch and keeps one session busy, and is itself the first run: nothing else is loaded and measured.
    private static readonly string[] OnePhoto = ["--max-batch", "1", "--instances", "1", "--cold"];

    private sealed record Settings(FileInfo Photo, DirectoryInfo Out, IReadOnlyList<string> Models, bool Light, FileInfo? Mask);

    public static Command Create(CliContext context)
    {
        var photo = Choices.Photo();
        var folder = Choices.Out();
        var models = Choices.Models("depth,segmentation,inpainting");
        var light = Choices.Light();
        var mask = Choices.Mask();
        var command = new Command("run", "start a mesh, send one photo through it, write the results, and stop it again") { photo, folder, models, light, mask };
        command.SetAction((parsed, cancellation) => Run(
            context,
            new Settings(
                parsed.GetRequiredValue(photo),
                parsed.GetRequiredValue(folder),
                Choices.Names(parsed.GetRequiredValue(models)),
                parsed.GetValue(light),
                parsed.GetValue(mask)),
            cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, Settings settings, CancellationToken cancellation)
    {
        var begun = context.Time.GetTimestamp();
        var request = new InferRequest(
            await Choices.Read(settings.Photo, cancellation),
            settings.Models,
            settings.Mask is null ? null : await Choices.Read(settings.Mask, cancellation),
            DeadlineMs);
        var repository = Repository.Locate();
        var catalog = PackageCatalog.Read(repository.Minions, settings.Light);
        var needed = Selection.Needed(catalog.Packages, settings.Models, settings.Mask is not null);

        var display = context.MeshDisplay(everything: false);
        foreach (var fault in catalog.Faults)
            display.Say($"left out: {fault}");
        var (grpcPort, httpPort) = FreePort.Pair();
        // Inherited by the processes, which are over in seconds: less time for compiling beats faster code.
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        await using var mesh = new Mesh(Restart.Never, StopLimit, ChildProcess.Start, display, context.Time);
        var start = new MeshStart(repository, mesh, display, NetworkFetch.Run, grpcPort, httpPort) { MinionOptions = OnePhoto };

        byte[] reply = [];
        TimeSpan ready = default;
        await display.While(async () =>
        {
            start.Core();
            await FirstFailure(
                Task.WhenAll(needed.Select(package => StartOrFallBack(start, display, catalog, settings, package, cancellation))),
                mesh.Ended(cancellation));
            await Ready(mesh, context.Time, cancellation);
            ready = context.Time.GetElapsedTime(begun);
            using var client = new MeshClient(new Uri($"http://127.0.0.1:{httpPort}"));
            reply = await client.Infer(request, cancellation);
        });

        var stopped = mesh.Stop(context.Interrupts.Now);
        var code = await Results.Show(context, MeshClient.Read(reply), settings.Photo.Name, settings.Out.ToString(), cancellation);
        await stopped;
        context.Output.WriteLine($"mesh ready after {ready.TotalSeconds:0.0} s, all done after {context.Time.GetElapsedTime(begun).TotalSeconds:0.0} s");
        return code;
    }

    /// <summary>Without network access an older version may still do: a person who named none gets that one, and is told.</summary>
    private static async Task StartOrFallBack(
        MeshStart start, IMeshDisplay display, PackageCatalog catalog, Settings settings, ModelPackage package, CancellationToken cancellation)
    {
        try
        {
            await start.Minions(package, replicas: 1, cancellation);
        }
        catch (CliException error) when (settings.Models.All(name => name != $"{package.Manifest.Model}@{package.Manifest.Version}")
            && Selection.Fallback(catalog.Packages, package) is not null)
        {
            var other = Selection.Fallback(catalog.Packages, package)!;
            display.Say($"{error.Message}. Going on with {other.Title}.");
            await start.Minions(other, replicas: 1, cancellation);
        }
    }

    private static async Task Ready(Mesh mesh, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await mesh.Ready().WaitAsync(ReadyLimit, time, cancellation);
        }
        catch (TimeoutException error)
        {
            throw new CliException($"not ready after {ReadyLimit.TotalMinutes:0} minutes: {string.Join(", ", mesh.NotReady())}", error);
        }
    }

    private static async Task FirstFailure(Task work, Task watched) => await await Task.WhenAny(work, watched);
}
