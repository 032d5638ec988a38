using Espresso.Cli.Client;
using Espresso.Cli.Commands;
using Espresso.Cli.Packages;
using Espresso.Cli.Processes;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>A mesh of its own for the packages at hand: the very processes that serve them, on ports that nobody else knows.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    // Memory goes with the sessions, and by default these go with the cores: figures are to mean the same everywhere.
    private const int Cores = 2;

    private readonly Dictionary<ModelPackage, SupervisedProcess> _minions = [];
    private readonly Processes.Mesh _mesh;
    private MeshClient? _client;
    private PictureClient? _pictures;

    private Workbench(TimeProvider time) => _mesh = new Processes.Mesh(Restart.Never, StopLimit, ChildProcess.Start, new Silence(), time);

    public MeshClient Mesh => _client!;

    public PictureClient Pictures => _pictures!;

    /// <summary>Starts everything and waits until each minion is warm.</summary>
    /// <exception cref="PackageException">A package does not start; its faults are those that its minion told.</exception>
    /// <exception cref="CliException">Something else does not.</exception>
    public static async Task<Workbench> Start(Repository repository, IReadOnlyList<ModelPackage> packages, TimeProvider time, CancellationToken cancellation)
    {
        var bench = new Workbench(time);
        try
        {
            var (grpc, http) = FreePort.Pair();
            bench._mesh.Start(repository.Coordinator(grpc, http), 0);
            var preprocessor = bench._mesh.Start(repository.Preprocessor(grpc), 1);
            foreach (var package in packages)
                bench._minions.Add(package, bench._mesh.Start(repository.Minion(package, grpc, replica: 1, Sessions(package.Manifest.Execution)), 1));
            await bench._mesh.Ready().WaitAsync(cancellation);
            bench._client = new MeshClient(new Uri($"http://127.0.0.1:{http}"));
            bench._pictures = new PictureClient(preprocessor.Status.Grpc!);
            return bench;
        }
        catch (ProcessFallException error) when (packages.Any(package => package.Title == error.Fall.Process))
        {
            await bench.DisposeAsync();
            throw new PackageException(Told(error.Fall), error);
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of the package's minion.</summary>
    public MinionClient Minion(ModelPackage package) => new(_minions[package].Status.Grpc!);

    /// <summary>The process id of the package's minion.</summary>
    public int ProcessOf(ModelPackage package) =>
        _minions[package].Status.Id ?? throw new CliException($"{package.Title} has ended");

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _pictures?.Dispose();
        await _mesh.DisposeAsync();
    }

    private static string[] Sessions(ExecutionSpec execution) =>
        execution.Instances == 0 ? ["--instances", $"{Math.Max(1, Cores / execution.Threads)}"] : [];

    /// <summary>What a process says of its own failure has no time before it, unlike what it logs; without a word its end has to do.</summary>
    private static List<string> Told(ProcessFall fall)
    {
        var told = fall.LastLines.Where(line => line.Length > 0 && OutputLine.Parse(line).Text == line).ToList();
        return told.Count > 0 ? told : [$"its process {fall.Why}", .. fall.LastLines.TakeLast(1)];
    }

    private sealed class Silence : IMeshObserver
    {
        public void Changed(ProcessStatus status)
        {
            // the check tells what matters
        }

        public void Wrote(string process, OutputLine line)
        {
            // likewise
        }

        public void Fell(ProcessFall fall)
        {
            // comes as an exception
        }
    }
}

/// <summary>A package that cannot be served.</summary>
/// <param name="faults">A line each.</param>
internal sealed class PackageException(IReadOnlyList<string> faults, Exception? inner = null) : Exception(string.Join(Environment.NewLine, faults), inner)
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
