using System.Diagnostics;
using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Protos.Registry;
using Grpc.Core;
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
    private readonly ModelPackage _package;
    private readonly bool _cold;

    /// <summary>Loads the network; the first start-up faults show here.</summary>
    /// <exception cref="StartupException">The package and the network do not fit.</exception>
    public ModelRuntime(
        ModelPackage package, IReadOnlyList<IModelHook> hooks, MinionOptions options, TimeProvider time, HealthState health, ILogger<ModelRuntime> log)
    {
        (_package, Manifest) = (package, package.Manifest);
        _health = health;
        _log = log;
        _cold = options.Cold;
        _metrics = new MinionMetrics(Manifest.Model, Manifest.Version.ToString());
        var started = time.GetTimestamp();
        Executor = options.Simulated.Length > 0
            ? new SimulatedExecutor(Manifest, options.Simulated, time)
            : HookedExecutor.Of(OnnxExecutor.Load(Manifest, package.Folder, log), hooks, Manifest);
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

    /// <summary>Warm-up, unless a cold start was asked for; the host opens its listeners after it.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (Contract.FixedShapes is { } shapes)
            {
                if (Batcher.Register(Contract.BucketOf(shapes), shapes) is { } refusal)
                    throw new StartupException($"{Manifest.Name}: {refusal.Message}");
                if (!_cold)
                    WarmUp(shapes, cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>The listeners are up: a first call to itself, then it may be found.</summary>
    public async Task Open(Uri self, CancellationToken cancelled)
    {
        if (!_cold && Contract.FixedShapes is not null)
        {
            try
            {
                await FirstCall.Make(self, Manifest, Executor, Contract, cancelled);
            }
            catch (RpcException error) when (!cancelled.IsCancellationRequested)
            {
                FirstCallFailed(_log, Manifest.Name, error.Status.Detail);
            }
        }

        _health.Set(true, "", Manifest.Model, Manifest.Name);
        _ready.SetResult();
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _health.Set(false, "", Manifest.Model, Manifest.Name);
        return Task.CompletedTask;
    }

    public Registration Describe() => new()
    {
        Minion = new MinionRole
        {
            Manifest = _package.ManifestText,
            Files = { _package.Files },
            Device = Executor.Device,
            MaxPending = (uint)Manifest.Serving.MaxPending,
        },
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
        foreach (var (bucket, rows) in Batcher.Arrived())
            load.Arrived.Add(new BucketRows { Bucket = bucket, Rows = (uint)rows });
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

    private void WarmUp(IReadOnlyList<long[]> shapes, CancellationToken cancellation)
    {
        var (bucket, began) = (Contract.BucketOf(shapes), Stopwatch.GetTimestamp());
        var sizes = new Warmup(Executor, Manifest, Batcher.Costs, TimeProvider.System).Measure(bucket, shapes, cancellation);
        var best = BatchPolicy.BestSize(bucket, Manifest.Batching.Max, Batcher.Costs);
        Warmed(_log, Manifest.Name, sizes, Stopwatch.GetElapsedTime(began).TotalMilliseconds,
            Batcher.Costs.Estimate(bucket, 1).TotalMilliseconds, best, Batcher.Costs.Estimate(bucket, best).TotalMilliseconds);
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

    [LoggerMessage(3, LogLevel.Warning, "{Model}: a first call with empty inputs failed: {Why}")]
    private static partial void FirstCallFailed(ILogger log, string model, string why);

    [LoggerMessage(2, LogLevel.Information, "{Model} warm: {Sizes} batch sizes in {Milliseconds:0} ms; one takes {One:0.0} ms, the best batch is {Best} in {BestMilliseconds:0.0} ms")]
    private static partial void Warmed(ILogger log, string model, int sizes, double milliseconds, double one, int best, double bestMilliseconds);
}
