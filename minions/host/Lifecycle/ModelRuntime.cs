using System.Diagnostics;
using System.Security.Cryptography;
using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Protos.Registry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espresso.Minions.Lifecycle;

/// <summary>The served model: loaded, warmed, ready, and what the lease tells of it.</summary>
internal sealed partial class ModelRuntime : IHostedService, ILeaseMember, IDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HealthState _health;
    private readonly ILogger _log;
    private readonly MinionMetrics _metrics;
    private readonly string _manifestText;

    /// <summary>Loads the network; the first start-up faults show here.</summary>
    /// <exception cref="StartupException">The package and the network do not fit.</exception>
    public ModelRuntime(ModelPackage package, MinionOptions options, TimeProvider time, HealthState health, ILogger<ModelRuntime> log)
    {
        (Manifest, _manifestText, var folder) = package;
        _health = health;
        _log = log;
        _metrics = new MinionMetrics(Manifest.Model, Manifest.Version.ToString());
        var started = time.GetTimestamp();
        Executor = options.Simulated.Length > 0
            ? new SimulatedExecutor(Manifest, options.Simulated, time)
            : OnnxExecutor.Load(Manifest, folder, log);
        Contract = new Contract(Manifest, Executor);
        var costs = new CostTable(Manifest.Batching.Max, Executor.IsAccelerator ? CostTable.AcceleratorGain : CostTable.CpuGain);
        Batcher = new Batcher(
            Executor, new Assembly(Contract.Inputs, Contract.Outputs), costs, Manifest.Serving.MaxPending, time, _metrics, log);
        Loaded(_log, Manifest.Name, Executor.Device, Executor.Instances, time.GetElapsedTime(started).TotalMilliseconds);
    }

    public Manifest Manifest { get; }

    public IExecutor Executor { get; }

    public Contract Contract { get; }

    public Batcher Batcher { get; }

    public Task Ready => _ready.Task;

    /// <summary>Warm-up; the host opens its listeners after it, so ready means warmed.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (Contract.FixedShapes is { } shapes)
            {
                var took = Stopwatch.GetTimestamp();
                if (Batcher.Register(Contract.BucketOf(shapes), shapes) is { } refusal)
                    throw new StartupException($"{Manifest.Name}: {refusal.Message}");
                var sizes = new Warmup(Executor, Manifest, Batcher.Costs).Measure(Contract.BucketOf(shapes), shapes, cancellationToken);
                var best = BatchPolicy.BestSize(Contract.BucketOf(shapes), Manifest.Batching.Max, Batcher.Costs);
                Warmed(_log, Manifest.Name, sizes, Stopwatch.GetElapsedTime(took).TotalMilliseconds,
                    Batcher.Costs.Estimate(Contract.BucketOf(shapes), 1).TotalMilliseconds, best,
                    Batcher.Costs.Estimate(Contract.BucketOf(shapes), best).TotalMilliseconds);
            }

            _health.Set(true, "", Manifest.Model, Manifest.Name);
            _ready.SetResult();
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _health.Set(false, "", Manifest.Model, Manifest.Name);
        return Task.CompletedTask;
    }

    public Registration Describe() => new()
    {
        Minion = new MinionRole { Manifest = _manifestText, Device = Executor.Device, MaxPending = (uint)Manifest.Serving.MaxPending },
    };

    public Load Report()
    {
        var counts = Batcher.Counts();
        var load = Changing(counts);
        load.Done = (ulong)counts.Done;
        load.Failed = (ulong)counts.Failed;
        load.Dropped = (ulong)counts.Dropped;
        load.Rejected = (ulong)counts.Rejected;
        load.MeanBatch = counts.MeanBatch;
        load.ResidentBytes = (ulong)Environment.WorkingSet;
        foreach (var (bucket, size, milliseconds) in Batcher.Costs.Measured())
            load.Costs.Add(new BatchCost { Bucket = bucket, Size = (uint)size, Milliseconds = milliseconds });
        return load;
    }

    /// <summary>What changes with every item: rides in every reply's trailers.</summary>
    public Load ReportBriefly() => Changing(Batcher.Counts());

    public Task WhenIdle(CancellationToken cancellation) => Batcher.WhenIdle().WaitAsync(cancellation);

    public void Dispose()
    {
        Batcher.Dispose();
        Executor.Dispose();
        _metrics.Dispose();
    }

    private Load Changing(BatcherCounts counts) => new()
    {
        Pending = (uint)counts.Pending,
        Running = (uint)counts.Running,
        BacklogMs = counts.Backlog.TotalMilliseconds,
        Instances = (uint)Executor.Instances,
        AtUs = (ulong)Batcher.Now.TotalMicroseconds,
    };

    [LoggerMessage(1, LogLevel.Information, "{Model} loaded on {Device}, {Instances} instances, {Milliseconds:0} ms")]
    private static partial void Loaded(ILogger log, string model, string device, int instances, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "{Model} warm: {Sizes} batch sizes in {Milliseconds:0} ms; one takes {One:0.0} ms, the best batch is {Best} in {BestMilliseconds:0.0} ms")]
    private static partial void Warmed(ILogger log, string model, int sizes, double milliseconds, double one, int best, double bestMilliseconds);
}

/// <summary>A model package on disk.</summary>
internal sealed record ModelPackage(Manifest Manifest, string ManifestText, string Folder)
{
    /// <exception cref="StartupException">No package there, a faulty manifest, or a network whose checksum is another.</exception>
    public static ModelPackage Read(string folder, MinionOptions options)
    {
        try
        {
            var (manifest, text) = ManifestReader.ReadFolder(folder);
            if (options.Simulated.Length == 0)
                Verify(manifest, folder);
            return new ModelPackage(Override(manifest, options), text, folder);
        }
        catch (ManifestException error)
        {
            throw new StartupException(error.Message, error);
        }
    }

    private static Manifest Override(Manifest manifest, MinionOptions options) => manifest with
    {
        Batching = options.MaxBatch > 0 ? new BatchingSpec { Max = options.MaxBatch } : manifest.Batching,
        Serving = options.MaxPending > 0 ? manifest.Serving with { MaxPending = options.MaxPending } : manifest.Serving,
        Execution = manifest.Execution with
        {
            Instances = options.Instances > 0 ? options.Instances : manifest.Execution.Instances,
            Threads = options.Threads > 0 ? options.Threads : manifest.Execution.Threads,
        },
    };

    /// <summary>A network that was changed after its hand-over is not served. What is fetched was verified when it came.</summary>
    private static void Verify(Manifest manifest, string folder)
    {
        var path = Path.Combine(folder, manifest.Network);
        if (manifest.Provenance.Sha256.Length == 0 || manifest.Fetch is not null || !File.Exists(path))
            return;
        using var file = File.OpenRead(path);
        var sum = Convert.ToHexStringLower(SHA256.HashData(file));
        if (!string.Equals(sum, manifest.Provenance.Sha256, StringComparison.OrdinalIgnoreCase))
            throw new StartupException($"{path} has sha256 {sum}, but the manifest's provenance says {manifest.Provenance.Sha256}");
    }
}
