using Espresso.Cli.Packages;

namespace Espresso.Cli.Commands;

/// <summary>How many processes each package gets: <c>depth=2</c> for all versions of a model, <c>depth@0.1=3</c> for one.</summary>
internal static class ReplicaCounts
{
    private const int Most = 64;

    /// <exception cref="CliException">One is not MODEL=N.</exception>
    public static IReadOnlyDictionary<string, int> Read(IReadOnlyList<string> texts)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts.SelectMany(Choices.Names))
        {
            if (text.Split('=') is not [var name, var number] || !int.TryParse(number, out var count) || count is < 0 or > Most)
                throw new CliException($"--replicas {text}: MODEL=N or MODEL@VERSION=N, with N from 0 to {Most}");
            counts[name] = count;
        }

        return counts;
    }

    /// <exception cref="CliException">A name is of no package.</exception>
    public static void Check(IReadOnlyDictionary<string, int> counts, IReadOnlyList<ModelPackage> packages)
    {
        foreach (var name in counts.Keys.Where(name => packages.All(package => name != package.Manifest.Model && name != Pinned(package))))
            throw new CliException($"--replicas {name}: no such package; there are: {string.Join(", ", packages.Select(Pinned))}");
    }

    public static int Of(IReadOnlyDictionary<string, int> counts, ModelPackage package) =>
        counts.TryGetValue(Pinned(package), out var count) || counts.TryGetValue(package.Manifest.Model, out count) ? count : 1;

    /// <summary>True: this version is named, not only its model.</summary>
    public static bool Names(IReadOnlyDictionary<string, int> counts, ModelPackage package) => counts.ContainsKey(Pinned(package));

    private static string Pinned(ModelPackage package) => $"{package.Manifest.Model}@{package.Manifest.Version}";
}
