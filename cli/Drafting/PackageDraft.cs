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

    /// <param name="sample">A picture; for a model that takes pictures.</param>
    /// <param name="mask">What goes into a mask input.</param>
    /// <param name="labels">By output.</param>
    public async Task<Draft> Write(
        Draft draft, string folder, byte[] network, FileInfo sample, FileInfo? mask, IReadOnlyList<string> labels, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder, "samples"));
        await File.WriteAllBytesAsync(Path.Combine(folder, draft.Network), network, cancellation);
        if (labels.Count > 0)
            await File.WriteAllLinesAsync(Path.Combine(folder, "labels.txt"), labels, cancellation);
        draft = draft with
        {
            Sha256 = await PackageFiles.Sum(Path.Combine(folder, draft.Network), cancellation),
            Image = draft.Inputs.Any(input => input.Kind != InputKind.Tensor) ? Copied(sample, "photo") : "", // a photo shows nothing of what takes none
            Mask = mask is null ? null : Copied(mask, "mask"),
        };
        await Manifest(draft, folder, cancellation);
        return draft;

        string Copied(FileInfo file, string name)
        {
            var relative = $"samples/{name}{file.Extension.ToLowerInvariant()}";
            File.Copy(file.FullName, Path.Combine(folder, relative));
            return relative;
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

    private Task Manifest(Draft draft, string folder, CancellationToken cancellation) => WholeFile.Write(
        Path.Combine(folder, ManifestReader.FileName),
        ManifestText.Of(draft, Path.GetRelativePath(folder, Path.Combine(repository.Minions, "manifest.schema.json"))),
        cancellation);
}
