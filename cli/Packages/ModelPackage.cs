using Espresso.Manifests;

namespace Espresso.Cli.Packages;

/// <summary>A folder <c>minions/model/version</c> with its manifest.</summary>
internal sealed record ModelPackage(string Folder, Manifest Manifest)
{
    /// <summary>"depth 0.1": what its process is called on the screen.</summary>
    public string Title => $"{Manifest.Model} {Manifest.Version}";

    /// <summary>True: its network is no part of the repository and comes from elsewhere at first use.</summary>
    public bool IsFetched => Manifest.Fetch is not null;

    /// <summary>The program that serves it; null: the stock host. A switch says so, not the manifest: where a program lies is a machine's matter.</summary>
    public string? Program { get; init; }

    public bool HasNetwork => File.Exists(PathOf(Manifest.Network));

    /// <summary>The package in a folder, wherever that is.</summary>
    /// <exception cref="ManifestException">It has no manifest, or a faulty one.</exception>
    public static ModelPackage Read(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return new ModelPackage(path, ManifestReader.ReadFolder(path).Manifest);
    }

    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>False for a path that leads out of the folder.</summary>
    public bool IsInside(string file) => Path.GetFullPath(PathOf(file)).StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
