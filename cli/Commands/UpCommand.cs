using System.CommandLine;
using Espresso.Cli.Packages;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso up</c>: the whole mesh in the foreground, until Ctrl-C.</summary>
internal static class UpCommand
{
    // What a process gives the work in flight (its --drain-seconds), and some time to end.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    private sealed record Settings(bool Light, IReadOnlyDictionary<string, int> Replicas, int HttpPort, int GrpcPort);

    public static Command Create(CliContext context)
    {
        var light = Choices.Light();
        var replicas = new Option<string[]>("--replicas")
        {
            Description = "processes for a model, or for one version of it: depth=2 or depth@0.1=2; may be given several times",
            HelpName = "MODEL=N",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var http = Choices.Port("--http-port", 8080, "the coordinator's port for HTTP; 0: any free one");
        var grpc = Choices.Port("--grpc-port", 8081, "the coordinator's port for gRPC; 0: any free one");
        var command = new Command("up", "run the whole mesh in the foreground; Ctrl-C ends it") { light, replicas, http, grpc };
        command.SetAction((parsed, cancellation) => Run(
            context,
            new Settings(
                parsed.GetValue(light),
                ReplicaCounts.Read(parsed.GetRequiredValue(replicas)),
                parsed.GetValue(http),
                parsed.GetValue(grpc)),
            cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, Settings settings, CancellationToken cancellation)
    {
        var repository = Repository.Locate();
        var catalog = PackageCatalog.Read(repository.Minions, settings.Light);
        ReplicaCounts.Check(settings.Replicas, catalog.Packages);
        var free = FreePort.Pair();
        var httpPort = Port(settings.HttpPort, free.First, "--http-port");
        var grpcPort = Port(settings.GrpcPort, free.Second, "--grpc-port");
        if (httpPort == grpcPort)
            throw new CliException($"--http-port and --grpc-port are both {httpPort}; they speak different protocols and need a port each");

        var display = context.MeshDisplay(everything: true);
        foreach (var fault in catalog.Faults)
            display.Say($"left out: {fault}");
        await using var mesh = new Mesh(Restart.Always, StopLimit, ChildProcess.Start, display, context.Time);
        var start = new MeshStart(repository, mesh, display, NetworkFetch.Run, grpcPort, httpPort);
        await display.While(async () =>
        {
            start.Core();
            await Task.WhenAll(Selection.Unasked(catalog.Packages).Union(catalog.Packages.Where(Named)).Select(Start));
            await mesh.Tried().WaitAsync(cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            if (!cancellation.IsCancellationRequested)
            {
                var missing = mesh.NotReady();
                display.Say($"ready: http://127.0.0.1:{httpPort} (gRPC http://127.0.0.1:{grpcPort}); Ctrl-C ends it");
                if (missing.Count > 0)
                    display.Say($"without {string.Join(", ", missing)}: started again until it serves; why it does not stands above");
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            display.Say("ending: what was accepted is finished first; a second Ctrl-C ends at once");
            await mesh.Stop(context.Interrupts.Now);
        });
        return 0;

        bool Named(ModelPackage package) => ReplicaCounts.Names(settings.Replicas, package);

        async Task Start(ModelPackage package)
        {
            try
            {
                await start.Minions(package, ReplicaCounts.Of(settings.Replicas, package), cancellation);
            }
            catch (CliException error)
            {
                display.Say($"{error.Message}. Going on without it."); // the other versions serve
            }
            catch (OperationCanceledException)
            {
                // ended while fetching
            }
        }
    }

    private static int Port(int wanted, int free, string option)
    {
        if (wanted == 0)
            return free;
        return FreePort.IsFree(wanted)
            ? wanted
            : throw new CliException($"port {wanted} is in use; another {option} would do, or 0 for any free one (./espresso status shows whether a mesh runs there)");
    }
}
