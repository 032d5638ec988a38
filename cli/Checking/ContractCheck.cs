using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>That a minor keeps the contract of its major's first version, which stands beside it.</summary>
internal static class ContractCheck
{
    public static Finding Run(ModelPackage package)
    {
        var faults = new List<string>();
        var others = Siblings(package, faults).ToList();
        if (faults.Count > 0)
            return Finding.Bad(faults);
        if (ManifestContract.FirstOfMajor(package.Manifest, others) is not { } first)
            return Finding.Good($"the first of major {package.Manifest.Version.Major} here");
        return Finding.Of(
            $"as {first.Name}",
            [.. ManifestContract.Differences(first, package.Manifest).Select(difference =>
                $"{difference} since {first.Name}; a minor keeps its major's contract: mend it, or make this {package.Manifest.Version.Major + 1}.0")]);
    }

    /// <summary>The manifests of the versions of its major beside it.</summary>
    /// <param name="faults">Gets why one cannot be compared with: an unread one may be the first of the major.</param>
    private static IEnumerable<Manifest> Siblings(ModelPackage package, List<string> faults)
    {
        var parent = Path.GetDirectoryName(package.Folder);
        if (parent is null)
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(parent).Where(folder => folder != package.Folder && File.Exists(Path.Combine(folder, ManifestReader.FileName))))
        {
            if (!ModelVersion.TryParse(Path.GetFileName(folder), out var version) || version.Major != package.Manifest.Version.Major)
                continue; // another contract, or what a killed unpack left
            Manifest manifest;
            try
            {
                manifest = ManifestReader.ReadFolder(folder).Manifest;
            }
            catch (ManifestException error)
            {
                faults.Add($"it cannot be compared with {Path.GetFileName(folder)} beside it: {error.Message.Split('\n')[0]}");
                continue;
            }

            if (manifest.Name == package.Manifest.Name)
                faults.Add($"{ManifestReader.FileName}: version: {Path.GetFileName(folder)} beside it is {manifest.Name}, too; a version is one folder: give this one the next number");
            else
                yield return manifest;
        }
    }
}
