using Espresso.Manifests;

namespace Espresso.Cli.Packages;

/// <summary>A folder <c>minions/model/version</c> with its manifest.</summary>
internal sealed record ModelPackage(string Folder, Manifest Manifest)
{
    /// <summary>"depth 0.1": what its process is called on the screen.</summary>
    public string Title => $"{Manifest.Model} {Manifest.Version}";

    /// <summary>True: its network is no part of the repository and comes from elsewhere at first use.</summary>
    public bool IsFetched => Manifest.Fetch is not null;

    public bool HasNetwork => File.Exists(Path.Combine(Folder, Manifest.Network));
}
