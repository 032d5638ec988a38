using System.Collections.Immutable;

namespace Espresso.Coordinator.Registry;

/// <summary>Who serves what at one moment. Immutable: readers hold it as long as they like and never lock.</summary>
/// <param name="Preprocessors">All, those that drain included.</param>
internal sealed record MeshSnapshot(ImmutableSortedDictionary<string, ServedModel> Models, ImmutableArray<Replica> Preprocessors)
{
    public static MeshSnapshot Empty { get; } = new(ImmutableSortedDictionary.Create<string, ServedModel>(StringComparer.Ordinal), []);

    /// <summary>The preprocessors that take new work.</summary>
    public ImmutableArray<Replica> LivePreprocessors { get; } = [.. Preprocessors.Where(replica => !replica.Draining)];

    public ServedVersion? Find(ModelKey key) => Models.GetValueOrDefault(key.Model)?.Find(key.Version);
}
