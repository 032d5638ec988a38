using System.Security.Cryptography;
using Espresso.Hosting;
using Espresso.Manifests;

namespace Espresso.Minions.Lifecycle;

/// <summary>A model package on disk.</summary>
internal sealed record ModelPackage(Manifest Manifest, string ManifestText, string Folder)
{
    /// <summary>The texts of the files that the manifest names; a coordinator has no folder to look into.</summary>
    public IDictionary<string, string> Files { get; } = Manifest.Outputs
        .Select(output => output.LabelsFile).OfType<string>().Distinct(StringComparer.Ordinal)
        .ToDictionary(name => name, name => ManifestReader.FileIn(Folder, name) ?? "", StringComparer.Ordinal);

    /// <exception cref="StartupException">No package there, a faulty manifest, or a network that is no file or has another checksum.</exception>
    public static ModelPackage Read(string folder, MinionOptions options)
    {
        try
        {
            var (manifest, text) = ManifestReader.ReadFolder(folder);
            if (options.Simulated.Length == 0)
                Verify(manifest, folder);
            return new ModelPackage(Override(manifest, options), text, folder);
        }
        catch (ManifestException error)
        {
            throw new StartupException(error.Message, error);
        }
    }

    private static Manifest Override(Manifest manifest, MinionOptions options) => manifest with
    {
        Batching = options.MaxBatch > 0 ? new BatchingSpec { Max = options.MaxBatch } : manifest.Batching,
        Serving = options.MaxPending > 0 ? manifest.Serving with { MaxPending = options.MaxPending } : manifest.Serving,
        Execution = manifest.Execution with
        {
            Instances = options.Instances > 0 ? options.Instances : manifest.Execution.Instances,
            Threads = options.Threads > 0 ? options.Threads : manifest.Execution.Threads,
        },
    };

    /// <summary>A network that was changed after its hand-over is not served. What is fetched was verified when it came.</summary>
    private static void Verify(Manifest manifest, string folder)
    {
        var path = Path.Combine(folder, manifest.Network);
        if (!RegularFile.OrNone(path))
            throw new StartupException($"{path} {RegularFile.Fault}");
        if (manifest.Provenance.Sha256.Length == 0 || manifest.Fetch is not null || !File.Exists(path))
            return;
        using var file = File.OpenRead(path);
        var sum = Convert.ToHexStringLower(SHA256.HashData(file));
        if (!string.Equals(sum, manifest.Provenance.Sha256, StringComparison.OrdinalIgnoreCase))
            throw new StartupException($"{path} has sha256 {sum}, but the manifest's provenance says {manifest.Provenance.Sha256}");
    }
}
