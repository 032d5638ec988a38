using Espresso.Cli.Checking;
using Espresso.Cli.Client;
using Espresso.Cli.Comparing;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Promotion;

/// <summary>What there is to know before a version becomes the default: whether callers see another contract, and whether the mesh's own answers are those of the hand-over.</summary>
/// <param name="packages">The folder with packages as model/version; those that are not there are not compared.</param>
internal sealed class PromotionReport(Repository repository, StepLog log, TimeProvider time, string packages)
{
    /// <param name="serving">The present default; null: none.</param>
    /// <returns>True: nothing speaks against it.</returns>
    public async Task<bool> Tell(MeshClient mesh, string model, string? serving, string version, CancellationToken cancellation)
    {
        var next = Read(model, version);
        var isGood = log.Tell("contract", Contract(serving is null ? null : Read(model, serving), next, serving));
        if (next is null)
        {
            log.Say($"no samples are compared: {Path.Combine(packages, model, version)} is not at hand");
            return isGood;
        }

        // Pictures are taken apart here: the mesh's own preprocessors may be out of reach.
        await using var bench = await log.Watched("starting", _ => Workbench.Start(repository, [], time, cancellation));
        return await log.Step("samples", progress => new GoldenCheck(mesh, bench.Pictures).Run(next, record: false, progress, cancellation)) & isGood;
    }

    private static Finding Contract(ModelPackage? before, ModelPackage? next, string? serving)
    {
        if (before is null || next is null)
            return Finding.Good(serving is null ? "there is no default yet" : "not compared: the packages of both versions are not at hand");
        var differences = ManifestContract.Differences(before.Manifest, next.Manifest);
        return Finding.Of($"as {before.Title}", [.. differences.Select(difference => $"{difference} since {before.Title}; who names no version will see it")]);
    }

    private ModelPackage? Read(string model, string version)
    {
        var folder = Path.Combine(packages, model, version);
        return File.Exists(Path.Combine(folder, ManifestReader.FileName)) ? Commands.Model.ModelCommand.Read(new DirectoryInfo(folder)) : null;
    }
}
