using System.Collections.Immutable;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Routing;
using Espresso.Manifests;

namespace Espresso.Coordinator.Registry;

/// <summary>A model version's name: "depth@0.1".</summary>
internal readonly record struct ModelKey(string Model, ModelVersion Version)
{
    public static ModelKey Of(Manifest manifest) => new(manifest.Model, manifest.Version);

    public override string ToString() => $"{Model}@{Version}";
}

/// <summary>A model and its versions, the highest first.</summary>
internal sealed record ServedModel(string Name, ImmutableArray<ServedVersion> Versions)
{
    /// <summary>What a request gets that names no version: the highest one with a live replica; null where none lives.</summary>
    public ServedVersion? Default { get; } = Versions.FirstOrDefault(version => version.IsLive);

    public ServedVersion? Find(ModelVersion version) => Versions.FirstOrDefault(served => served.Manifest.Version == version);
}

/// <summary>A model version, its manifest, and who serves it.</summary>
/// <param name="Replicas">All, those that drain included; empty for a version whose last replica has left not long ago.</param>
/// <param name="Load">Its admission state, which outlives the snapshots.</param>
/// <param name="Route">Its routing state, which outlives them, too.</param>
internal sealed record ServedVersion(Manifest Manifest, ImmutableArray<Replica> Replicas, VersionLoad Load, RouteState Route)
{
    public ModelKey Key { get; } = ModelKey.Of(Manifest);

    /// <summary>The replicas that take new work.</summary>
    public ImmutableArray<Replica> Live { get; } = [.. Replicas.Where(replica => !replica.Draining)];

    public bool IsLive => !Live.IsEmpty;

    /// <summary>Whom to choose from: the live ones; where there is none, those that still finish what they are in the plans of.</summary>
    public ReplicaPool Pool { get; } = ReplicaPool.Of(Replicas, Route);
}
