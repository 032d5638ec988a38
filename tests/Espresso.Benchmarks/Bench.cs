using System.Diagnostics;
using Espresso.Benchmarks.Bare;
using Espresso.Benchmarks.Load;
using Espresso.Benchmarks.Serving;
using Espresso.Manifests;
using Spectre.Console;

namespace Espresso.Benchmarks;

/// <summary>The run: what is compared is measured in turns of a second, so that a machine whose speed drifts does so for all of it.</summary>
internal sealed class Bench
{
    private static readonly (int Sessions, int Threads)[] Shapes = [(1, 1), (1, 2), (2, 1)];
    private static readonly int[] Batches = [1, 2, 4, 8];

    /// <summary>Not measured: this process's first seconds of picture work belong to its own just-in-time compiler.</summary>
    private static readonly TimeSpan OwnWarmUp = TimeSpan.FromSeconds(8);

    private const int WarmUpCallers = 4;

    /// <summary>Turns a round: each figure is the median over rounds × turns.</summary>
    private const int Turns = 4;

    private readonly BenchOptions _options;
    private readonly Manifest _manifest;
    private readonly string _folder;
    private readonly TimeSpan _window;
    private readonly TimeSpan _turn;
    private readonly List<int> _callers;
    private readonly HashSet<string> _parts;
    private readonly string[] _tensors;
    private readonly Figures _figures = new();

    public Bench(BenchOptions options)
    {
        _options = options;
        _folder = options.Model.Length > 0 ? options.Model : Path.Combine(AppContext.BaseDirectory, "models/unet/0.1");
        _manifest = ManifestReader.ReadFolder(_folder).Manifest;
        _window = TimeSpan.FromSeconds(options.Seconds);
        _turn = _window / Turns;
        _callers = [.. options.Callers.Split(',').Select(int.Parse)];
        _parts = [.. options.Parts.Split(',')];
        _tensors = options.Tensors.Split(',');
    }

    public async Task Run()
    {
        for (var round = 1; round <= _options.Rounds; round++)
        {
            AnsiConsole.MarkupLine($"[grey]round {round} of {_options.Rounds}[/]");
            if (_parts.Contains("bare"))
                Bare();
            if (_parts.Contains("minion"))
                await Minion();
            if (_parts.Contains("mesh"))
                await Mesh();
            if (_parts.Contains("simulated") && _options.Simulated.Length > 0)
                await Simulated();
        }

        new Summary(_figures, _callers, _tensors, _options).Derive();
        Report.Write(_figures);
        if (_options.Json.Length > 0)
            _figures.WriteJson(_options.Json);
    }

    private void Bare()
    {
        foreach (var (sessions, threads) in Shapes)
        {
            foreach (var batch in Batches.Where(batch => batch <= _manifest.Batching.Max))
                Note($"bare.{sessions}x{threads}.batch{batch}", BareLoop.Run(_manifest, _folder, sessions, threads, batch, _turn));
        }
    }

    /// <summary>The bare loop once more, for what is measured right after it.</summary>
    private void Beside(string part, int callers)
    {
        if (!_parts.Contains("bare"))
            return;
        var (sessions, threads, batch) = Best();
        Note($"{part}.{callers}.bare", BareLoop.Run(_manifest, _folder, sessions, threads, batch, _turn));
    }

    private (int Sessions, int Threads, int Batch) Best()
    {
        var best = Summary.BestBare(_figures);
        return (from shape in Shapes
                from batch in Batches
                where best == $"bare.{shape.Sessions}x{shape.Threads}.batch{batch}"
                select (shape.Sessions, shape.Threads, batch)).Single();
    }

    private async Task Minion()
    {
        await using var minion = await ServedProcess.Start(Programs.Minion, _folder, "--standalone");
        foreach (var tensors in _tensors)
        {
            using var caller = new MinionCaller(minion.Grpc, _manifest, tensors);
            await Warm($"minion.{tensors.ToLowerInvariant()}", caller.Call, [minion.Process]);
        }

        foreach (var callers in InTurns())
        {
            if (callers == 1)
            {
                await LoneMinion(minion);
                continue;
            }

            Beside("minion", callers);
            foreach (var tensors in _tensors)
            {
                using var caller = new MinionCaller(minion.Grpc, _manifest, tensors);
                var result = await ClosedLoop.Run(callers, _turn, _ => caller.Call(), [minion.Process]);
                Note($"minion.{tensors.ToLowerInvariant()}.{callers}", result);
            }
        }
    }

    private async Task Simulated()
    {
        await using var minion = await ServedProcess.Start(
            Programs.Minion, _folder, "--standalone", "--simulated", _options.Simulated, "--max-batch", $"{_options.SimulatedBatch}");
        using var caller = new MinionCaller(minion.Grpc, _manifest, "UINT8");
        await Warm("simulated", caller.Call, [minion.Process]);
        foreach (var callers in _callers)
            Note($"simulated.{callers}", await ClosedLoop.Run(callers, _window, _ => caller.Call(), [minion.Process]));
    }

    private async Task Mesh()
    {
        await using var mesh = await ServedMesh.Start(_folder);
        using var caller = new MeshCaller(mesh.Http, _manifest);
        await Warm("mesh", caller.Call, mesh.Processes);
        foreach (var callers in InTurns())
        {
            if (callers == 1)
            {
                await LoneMesh(mesh, caller);
                continue;
            }

            Beside("mesh", callers);
            Note($"mesh.{callers}", await ClosedLoop.Run(callers, _turn, _ => caller.Call(), mesh.Processes));
        }
    }

    private static async Task Warm(string name, Func<Task<bool>> call, IReadOnlyList<Process> processes)
    {
        var took = await WarmUp.Run(WarmUpCallers, _ => call(), processes);
        AnsiConsole.WriteLine($"  {name,-24} warm after {took.TotalSeconds:0} s");
    }

    private async Task LoneMinion(ServedProcess minion)
    {
        using var bare = new BareRun(_manifest, _folder);
        foreach (var tensors in _tensors)
        {
            using var caller = new MinionCaller(minion.Grpc, _manifest, tensors);
            await caller.Call(); // connects
            Lone($"minion.{tensors.ToLowerInvariant()}", await LoneCaller.Run(_window, caller.Call, bare.Run, [minion.Process]));
        }
    }

    /// <summary>Against decode, run and encode, with nothing around them.</summary>
    private async Task LoneMesh(ServedMesh mesh, MeshCaller caller)
    {
        using var bare = new BareRun(_manifest, _folder);
        using var pictures = new PictureWork(_manifest, bare);
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < OwnWarmUp;)
            pictures.Run();
        Lone("mesh", await LoneCaller.Run(2 * _window, caller.Call, pictures.Run, mesh.Processes));
    }

    private void Lone(string name, (LoadResult Served, LoadResult Bare, List<double> AddedMs) result)
    {
        Note($"{name}.1.bare", result.Bare);
        Note($"{name}.1", result.Served);
        _figures.AddTurns(name, result.AddedMs);
    }

    private IEnumerable<int> InTurns() => _callers.SelectMany(callers => Enumerable.Repeat(callers, callers == 1 ? 1 : Turns));

    private void Note(string name, LoadResult result)
    {
        _figures.Add(name, result);
        AnsiConsole.WriteLine($"  {name,-24} {result.ImagesPerSecond,8:0.0} images/s   p50 {result.P50Ms,8:0.00} ms   p99 {result.P99Ms,8:0.00} ms"
            + $"   cores {result.Cores:0.00} + {result.ClientCores:0.00}{(result.Failures > 0 ? $"   {result.Failures} failures" : "")}");
    }
}
