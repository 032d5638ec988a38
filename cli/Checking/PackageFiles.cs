using System.Security.Cryptography;
using Espresso.Cli.Packages;
using Espresso.Cli.Packing;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>That every file which the manifest names is there and is the one that is meant, and that nothing is missing from the hand-over.</summary>
internal static class PackageFiles
{
    /// <param name="record">True: what the samples are expected to give is about to be written, so it need not be there.</param>
    public static async Task<Finding> Check(ModelPackage package, bool record, CancellationToken cancellation)
    {
        var manifest = package.Manifest;
        var faults = new List<string>();
        await Network(package, faults, cancellation);
        for (var i = 0; i < manifest.Outputs.Count; i++)
            Packed(package, manifest.Outputs[i].LabelsFile ?? "", $"outputs[{i}].labels", faults);
        if (manifest.Provenance.Source.Length == 0)
            faults.Add("provenance.source: say where the network comes from");
        if (manifest.Provenance.Licence.Length == 0)
            faults.Add("provenance.licence: say under which licence it may be used");
        var pictures = manifest.Inputs.Any(input => input.Kind != InputKind.Tensor);
        if (pictures && manifest.Samples.Count == 0)
            faults.Add("samples: at least one picture with what the model makes of it, or nobody can tell this package from a broken one");
        for (var i = 0; i < manifest.Samples.Count; i++)
            Sample(package, manifest.Samples[i], record, $"samples[{i}]", faults);
        var network = package.HasNetwork ? $"{manifest.Network}, {new FileInfo(package.PathOf(manifest.Network)).Length / 1e6:0.0} MB, as in provenance" : $"{manifest.Network}, which is still to be fetched";
        return Finding.Of($"{network}; {Count(manifest.Samples.Count, "sample")}", faults);
    }

    public static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static async Task Network(ModelPackage package, List<string> faults, CancellationToken cancellation)
    {
        var manifest = package.Manifest;
        Packed(package, manifest.Network, "network", faults);
        if (!package.HasNetwork && !package.IsFetched)
        {
            faults.Add($"network: there is no {manifest.Network} beside the manifest");
            return;
        }

        if (!RegularFile.OrNone(package.PathOf(manifest.Network)))
        {
            faults.Add($"network: {manifest.Network} {RegularFile.Fault}");
            return;
        }

        if (new FileInfo(package.PathOf(manifest.Network)).LinkTarget is not null)
            faults.Add($"network: {manifest.Network} is a link; a package is one folder");
        if (package.IsFetched)
            return; // verified when it came, and edited since
        var sum = await Sum(package.PathOf(manifest.Network), cancellation);
        if (manifest.Provenance.Sha256.Length == 0)
            faults.Add($"provenance.sha256: say which file was handed over; {manifest.Network} has {sum}");
        else if (!string.Equals(sum, manifest.Provenance.Sha256, StringComparison.OrdinalIgnoreCase))
            faults.Add($"provenance.sha256: {manifest.Network} has {sum}; it was changed after its hand-over, or the manifest was not");
    }

    public static async Task<string> Sum(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    private static void Sample(ModelPackage package, SampleSpec sample, bool record, string at, List<string> faults)
    {
        var manifest = package.Manifest;
        Exists(sample.Image, "image");
        if (sample.Mask is not null)
            Exists(sample.Mask, "mask");
        else if (manifest.Inputs.Any(input => input.Kind == InputKind.Mask))
            faults.Add($"{at}.mask: the model takes a mask, so its samples need one");
        foreach (var output in manifest.Outputs.Where(output => !sample.Expect.ContainsKey(output.As)))
            faults.Add($"{at}.expect: nothing is expected of output '{output.As}'; name a file, and --record writes what the model gives now");
        foreach (var (name, file) in sample.Expect)
        {
            if (manifest.Outputs.Any(output => output.As == name))
                Exists(file, $"expect.{name}", record);
            else
                faults.Add($"{at}.expect.{name}: there is no such output; there are: {string.Join(", ", manifest.Outputs.Select(output => output.As))}");
        }

        void Exists(string file, string part, bool written = false)
        {
            Packed(package, file, $"{at}.{part}", faults);
            if (!package.IsInside(file))
                faults.Add($"{at}.{part}: {file} lies outside of the package; a package is one folder");
            else if (!RegularFile.OrNone(package.PathOf(file)) && !Directory.Exists(package.PathOf(file)))
                faults.Add($"{at}.{part}: {file} {RegularFile.Fault}");
            else if (!written && !File.Exists(package.PathOf(file)))
                faults.Add($"{at}.{part}: there is no {file}{(part.StartsWith("expect", StringComparison.Ordinal) ? "; --record writes what the model gives now" : "")}");
        }
    }

    /// <summary>What is handed over is whole only with what the manifest names.</summary>
    private static void Packed(ModelPackage package, string file, string at, List<string> faults)
    {
        if (package.IsInside(file) && PackageArchive.LeavesOut(Path.GetRelativePath(package.Folder, package.PathOf(file))))
            faults.Add($"{at}: {file} would be left out by espresso model pack, as hidden files, Python's caches, *.part and {PackageSums.FileName} are; call it otherwise");
    }
}
