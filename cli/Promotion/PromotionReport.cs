using Espresso.Cli.Checking;
using Espresso.Cli.Client;
using Espresso.Cli.Comparing;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Promotion;

/// <summary>What there is to know before a version becomes the default: whether callers see another contract, and whether the mesh's own answers are those of the hand-over.</summary>
/// <remarks>What cannot be read or compared is a fault among the others: whoever promotes decides about it.</remarks>
/// <param name="packages">The folder with packages as model/version; those that are not there are not compared.</param>
internal sealed class PromotionReport(Repository repository, StepLog log, TimeProvider time, string packages)
{
    /// <param name="serving">The present default; null: none.</param>
    /// <returns>True: nothing speaks against it.</returns>
    public async Task<bool> Tell(MeshClient mesh, string model, string? serving, string version, CancellationToken cancellation)
    {
        var unread = new List<string>();
        var before = serving is null ? null : Read(model, serving, unread);
        var next = Read(model, version, unread);
        var isGood = log.Tell("contract", unread.Count > 0 ? Finding.Bad(unread) : Contract(before, next, serving));
        if (next is null)
        {
            log.Say($"no samples are compared: there is no package of {model}/{version} in {packages} that can be read");
            return isGood;
        }

        if (!await log.Step("files", _ => PackageFiles.Check(next, record: false, cancellation)))
        {
            log.Say($"no samples are compared: {next.Folder} is not whole");
            return false;
        }

        return isGood & await log.Step("samples", async progress =>
        {
            // Pictures are taken apart here: the mesh's own preprocessors may be out of reach.
            await using var bench = await Workbench.Start(repository, [], time, cancellation);
            return await new GoldenCheck(mesh, bench.Pictures).Run(next, record: false, progress, cancellation);
        });
    }

    private static Finding Contract(ModelPackage? before, ModelPackage? next, string? serving)
    {
        if (before is null || next is null)
            return Finding.Good(serving is null ? "there is no default yet" : "not compared: the packages of both versions are not at hand");
        var differences = ManifestContract.Differences(before.Manifest, next.Manifest);
        return Finding.Of($"as {before.Title}", [.. differences.Select(difference => $"{difference} since {before.Title}; who names no version will see it")]);
    }

    /// <param name="faults">Gets why a package that is there cannot be used.</param>
    private ModelPackage? Read(string model, string version, List<string> faults)
    {
        var folder = Path.Combine(packages, model, version);
        if (!File.Exists(Path.Combine(folder, ManifestReader.FileName)))
            return null;
        try
        {
            var package = ModelPackage.Read(folder);
            if (package.Manifest.Name == $"{model}/{version}")
                return package;
            faults.Add($"the manifest in {folder} is of {package.Manifest.Name}");
        }
        catch (ManifestException error)
        {
            faults.AddRange(error.Message.Split(Environment.NewLine));
        }
        catch (Exception error) when (CliException.IsTold(error))
        {
            faults.Add(error.Message);
        }

        return null;
    }
}
