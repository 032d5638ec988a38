using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>That a minor keeps the contract of its major's first version, which stands beside it.</summary>
internal static class ContractCheck
{
    public static Finding Run(ModelPackage package)
    {
        var others = Siblings(package).ToList();
        if (ManifestContract.FirstOfMajor(package.Manifest, others) is not { } first)
            return Finding.Good($"the first of major {package.Manifest.Version.Major} here");
        return Finding.Of(
            $"as {first.Name}",
            [.. ManifestContract.Differences(first, package.Manifest).Select(difference =>
                $"{difference} since {first.Name}; a minor keeps its major's contract: mend it, or make this {package.Manifest.Version.Major + 1}.0")]);
    }

    /// <summary>The manifests of the versions beside it that can be read; the others have faults of their own.</summary>
    private static IEnumerable<Manifest> Siblings(ModelPackage package)
    {
        var parent = Path.GetDirectoryName(package.Folder);
        if (parent is null)
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(parent).Where(folder => folder != package.Folder && File.Exists(Path.Combine(folder, ManifestReader.FileName))))
        {
            Manifest manifest;
            try
            {
                manifest = ManifestReader.ReadFolder(folder).Manifest;
            }
            catch (ManifestException)
            {
                continue;
            }

            yield return manifest;
        }
    }
}
