using Espresso.Manifests;

namespace Espresso.Cli.Packages;

/// <summary>Chooses the packages that a request needs, as the coordinator's plan will want them.</summary>
internal static class Selection
{
    /// <summary>
    /// What is started without being named: all but later versions of a model whose network is fetched. A download is not chosen for being
    /// newer: it may be large, and its network slow.
    /// </summary>
    public static IReadOnlyList<ModelPackage> Unasked(IReadOnlyList<ModelPackage> packages) =>
        [.. packages.Where(package => !package.IsFetched || package == packages.First(other => other.IsFetched && other.Manifest.Model == package.Manifest.Model))];

    /// <param name="requested">"model" or "model@version" each; a model alone means the newest version that is started unasked.</param>
    /// <param name="maskSent">True: the request brings its mask, so nobody has to make one.</param>
    /// <exception cref="CliException">A model or version that does not exist; the message lists what does.</exception>
    public static IReadOnlyList<ModelPackage> Needed(IReadOnlyList<ModelPackage> packages, IReadOnlyList<string> requested, bool maskSent)
    {
        var chosen = new List<ModelPackage>();
        foreach (var name in requested)
            Add(Named(packages, name));

        for (var i = 0; i < chosen.Count; i++) // grows while it is walked: what is added may need others in its turn
        {
            foreach (var input in chosen[i].Manifest.Inputs.Where(input => input is { Kind: InputKind.Mask, From: not null } && !maskSent))
            {
                var provider = input.From!.Split('.')[0];
                if (chosen.All(package => package.Manifest.Model != provider))
                    Add(Named(packages, provider));
            }
        }

        return chosen;

        void Add(ModelPackage package)
        {
            if (!chosen.Contains(package))
                chosen.Add(package);
        }
    }

    /// <summary>The newest version below <paramref name="package"/> whose network is there: what serves when it cannot.</summary>
    public static ModelPackage? Fallback(IReadOnlyList<ModelPackage> packages, ModelPackage package) =>
        packages.LastOrDefault(other => other.Manifest.Model == package.Manifest.Model && other.HasNetwork
            && other.Manifest.Version < package.Manifest.Version);

    private static ModelPackage Named(IReadOnlyList<ModelPackage> packages, string name)
    {
        var (model, version) = name.Split('@', 2) is [var before, var after] ? (before, after) : (name, null);
        var candidates = version is null ? Unasked(packages) : packages;
        return candidates.LastOrDefault(package => package.Manifest.Model == model && (version is null || package.Manifest.Version.ToString() == version))
            ?? throw new CliException($"no package '{name}'; there are: {string.Join(", ", packages.Select(package => $"{package.Manifest.Model}@{package.Manifest.Version}"))}");
    }
}
