using Espresso.Manifests;

namespace Espresso.Cli.Packages;

/// <summary>The model packages of a repository.</summary>
/// <param name="Packages">Sorted by model, then by version.</param>
/// <param name="Faults">What is wrong with packages that were left out, a line each.</param>
internal sealed record PackageCatalog(IReadOnlyList<ModelPackage> Packages, IReadOnlyList<string> Faults)
{
    /// <summary>Reads every <c>model/version/manifest.yaml</c> under <paramref name="root"/>.</summary>
    /// <param name="light">True: packages whose network is fetched are left out.</param>
    public static PackageCatalog Read(string root, bool light)
    {
        var packages = new List<ModelPackage>();
        var faults = new List<string>();
        var folders = Directory.Exists(root) ? Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories) : [];
        foreach (var folder in folders.Where(folder => File.Exists(Path.Combine(folder, ManifestReader.FileName))))
        {
            try
            {
                var package = new ModelPackage(folder, ManifestReader.ReadFolder(folder).Manifest);
                if (Fault(package) is { } fault)
                    faults.Add($"{folder}: {fault}");
                else if (!light || !package.IsFetched)
                    packages.Add(package);
            }
            catch (ManifestException error)
            {
                faults.AddRange(error.Message.Split(Environment.NewLine));
            }
        }

        return new PackageCatalog(
            [.. packages.OrderBy(package => package.Manifest.Model, StringComparer.Ordinal).ThenBy(package => package.Manifest.Version)], faults);
    }

    private static string? Fault(ModelPackage package)
    {
        var version = Path.GetFileName(package.Folder);
        var model = Path.GetFileName(Path.GetDirectoryName(package.Folder)!);
        if (model != package.Manifest.Model || version != package.Manifest.Version.ToString())
            return $"the manifest is of {package.Manifest.Name}, the folder says {model}/{version}";
        return package.HasNetwork || package.IsFetched ? null : $"the network {package.Manifest.Network} is missing";
    }
}
