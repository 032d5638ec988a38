using System.Collections.Immutable;
using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Registry;

/// <summary>Who serves what at one moment. Immutable: readers hold it as long as they like and never lock.</summary>
/// <param name="Preprocessors">All, those that drain included.</param>
/// <param name="Route">The routing state of the preprocessors.</param>
internal sealed record MeshSnapshot(ImmutableSortedDictionary<string, ServedModel> Models, ImmutableArray<Replica> Preprocessors, RouteState Route)
{
    public static MeshSnapshot Empty { get; } = new(ImmutableSortedDictionary.Create<string, ServedModel>(StringComparer.Ordinal), [], new RouteState(0, 0));

    /// <summary>The preprocessors that take new work.</summary>
    public ImmutableArray<Replica> LivePreprocessors { get; } = [.. Preprocessors.Where(replica => !replica.Draining)];

    /// <inheritdoc cref="ServedVersion.Pool"/>
    public ReplicaPool PreprocessorPool { get; } = ReplicaPool.Of(Preprocessors, Route);

    public ServedVersion? Find(ModelKey key) => Models.GetValueOrDefault(key.Model)?.Find(key.Version);
}
