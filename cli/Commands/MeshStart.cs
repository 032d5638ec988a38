using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Commands;

/// <summary>Fetches a package's network; <paramref name="progress"/> is told how far it is, in words.</summary>
/// <exception cref="CliException">It cannot be had; the message says why.</exception>
internal delegate Task FetchNetwork(ModelPackage package, Action<string> progress, CancellationToken cancellation);

/// <summary>Starts a mesh: all processes at once, but a minion whose network is missing when that has been fetched.</summary>
internal sealed class MeshStart(Repository repository, Mesh mesh, IMeshDisplay display, FetchNetwork fetch, int grpcPort, int httpPort)
{
    // The coordinator answers what it has accepted before those that it calls are asked to end.
    private const int FirstToEnd = 0;
    private const int LastToEnd = 1;

    public void Core()
    {
        mesh.Start(repository.Coordinator(grpcPort, httpPort), FirstToEnd);
        mesh.Start(repository.Preprocessor(grpcPort), LastToEnd);
    }

    /// <summary>Switches that every minion gets besides.</summary>
    public IReadOnlyList<string> MinionOptions { get; init; } = [];

    /// <summary>Starts the package's minions; returns when they run, which is not yet when they are ready.</summary>
    /// <exception cref="CliException">The network is missing and cannot be fetched.</exception>
    public async Task Minions(ModelPackage package, int replicas, CancellationToken cancellation)
    {
        if (!package.HasNetwork)
            await Fetch(package, cancellation);
        for (var replica = 1; replica <= replicas; replica++)
            mesh.Start(repository.Minion(package, grpcPort, replica, MinionOptions), LastToEnd);
    }

    private async Task Fetch(ModelPackage package, CancellationToken cancellation)
    {
        var manifest = package.Manifest;
        display.Say($"{package.Title}: fetching its network. {manifest.Provenance.Source}; licence: {manifest.Provenance.Licence}");
        try
        {
            display.Changed(new ProcessStatus(package.Title, ProcessState.Fetching));
            await fetch(package, far => display.Changed(new ProcessStatus(package.Title, ProcessState.Fetching, far)), cancellation);
        }
        catch (CliException error)
        {
            display.Changed(new ProcessStatus(package.Title, ProcessState.Failed, "not fetched"));
            throw new CliException($"{package.Title} cannot be fetched: {error.Message}", error);
        }
    }
}
