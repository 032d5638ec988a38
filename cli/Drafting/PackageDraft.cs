using System.Text;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Drafting;

/// <summary>Makes a package's folder of a draft: network, labels, sample and manifest; then runs it once to fill in what only a run tells.</summary>
internal sealed class PackageDraft(Repository repository, StepLog log, TimeProvider time)
{
    // What was measured is the most of a few runs; a service sees some more.
    private const double Room = 1.25;
    private const int MegabyteSteps = 20;

    /// <param name="files">All but the manifest, by path in the folder.</param>
    /// <exception cref="CliException">The manifest would be faulty; nothing was written.</exception>
    public async Task Write(Draft draft, string folder, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellation)
    {
        try
        {
            ManifestReader.Read(Text(draft, folder), ManifestReader.FileName, files: name => files.TryGetValue(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null);
        }
        catch (ManifestException error)
        {
            throw new CliException($"no package can be made of this:{Environment.NewLine}{error.Message}", error);
        }

        var above = HalfMade.FirstMissing(folder);
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "samples"));
            foreach (var (path, bytes) in files)
                await File.WriteAllBytesAsync(Path.Combine(folder, path), bytes, cancellation);
            await Manifest(draft, folder, cancellation);
        }
        catch
        {
            HalfMade.Remove(folder, above); // it was not there before, and half a package is in the way of a whole one
            throw;
        }
    }

    /// <summary>Runs the package: its costs go into the manifest, what it makes of its sample beside it.</summary>
    /// <exception cref="PackageException">It does not start, or its answer cannot be told; the folder stays as it is.</exception>
    public async Task Measure(Draft draft, string folder, CancellationToken cancellation)
    {
        var package = ModelPackage.Read(folder);
        await using var bench = await log.Watched("starting", _ => Workbench.Start(repository, [package], time, cancellation));
        using var minion = bench.Minion(package);
        var runs = await Runs.Of(package, minion, bench.Pictures, cancellation);
        var replica = (await bench.Mesh.Status(cancellation)).Models.Single().Replicas.Single();
        var costs = await log.Watched("measuring", progress =>
            CostCheck.Measure(runs, new ProcessMemory(bench.ProcessOf(package)), replica.Instances, progress, cancellation));
        draft = draft with
        {
            MemoryMb = (int)Math.Ceiling(costs.Max(cost => cost.Megabytes) * Room / MegabyteSteps) * MegabyteSteps,
            BatchMs = costs.ToDictionary(cost => cost.Size, cost => Math.Max(cost.Milliseconds, 0.1)), // below that it is the clock that is measured
        };
        await Manifest(draft, folder, cancellation);
        if (draft.Image.Length == 0)
            return;
        var golden = await new GoldenCheck(bench.Mesh, bench.Pictures).Run(package, record: true, new Progress<double>(), cancellation);
        if (!golden.IsGood)
            throw new PackageException(golden.Faults);
    }

    private Task Manifest(Draft draft, string folder, CancellationToken cancellation) =>
        WholeFile.Write(Path.Combine(folder, ManifestReader.FileName), Text(draft, folder), cancellation);

    private string Text(Draft draft, string folder) => ManifestText.Of(draft, Path.GetRelativePath(folder, Path.Combine(repository.Minions, "manifest.schema.json")));
}
