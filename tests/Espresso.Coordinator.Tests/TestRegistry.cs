using System.Globalization;
using Espresso.Coordinator.Registry;
using Espresso.Protos.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Coordinator.Tests;

/// <summary>A registry with replicas that nobody calls.</summary>
internal sealed class TestRegistry
{
    private int _count;

    public TestRegistry(TimeProvider? time = null, CoordinatorOptions? options = null, ILogger<ReplicaRegistry>? log = null) =>
        Registry = new ReplicaRegistry(options ?? new CoordinatorOptions(), time ?? TimeProvider.System, log ?? NullLogger<ReplicaRegistry>.Instance);

    public ReplicaRegistry Registry { get; }

    public MeshSnapshot Now => Registry.Now;

    public static TestRegistry Of(params string[] manifests)
    {
        var registry = new TestRegistry();
        foreach (var manifest in manifests)
            registry.Join(manifest);
        return registry;
    }

    /// <param name="manifest">Null: a preprocessor.</param>
    public Replica Join(string? manifest, string? id = null)
    {
        var name = id ?? string.Create(CultureInfo.InvariantCulture, $"replica-{++_count}");
        var replica = new Replica(name, new Uri("http://127.0.0.1:9"), manifest is null ? null : Packages.Read(manifest), "cpu");
        Registry.Join(replica).ShouldBeNull();
        return replica;
    }

    /// <param name="costs">Milliseconds of a batch, by its size.</param>
    public void Report(Replica replica, uint pending = 0, double backlogMs = 0, bool draining = false, params (uint Size, double Milliseconds)[] costs)
    {
        var load = new Load { Pending = pending, BacklogMs = backlogMs };
        load.Costs.AddRange(costs.Select(cost => new BatchCost { Bucket = "b", Size = cost.Size, Milliseconds = cost.Milliseconds }));
        Registry.Report(replica, load, draining);
    }
}
