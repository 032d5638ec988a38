using Espresso.Cli.Commands.Model;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>Everything that a package is held to before it may serve, in this order.</summary>
/// <remarks>
/// 1. the manifest by itself, 2. its files, 3. its contract: these need no process, and without them none is started;
/// 4. the start in a mesh of its own, where the minion holds the graph against the manifest;
/// 5. cost, 6. batches, 7. repetition, 8. extreme inputs: the minion's tensors; 9. the samples, through the mesh. Of these each is told.
/// </remarks>
internal sealed class ModelCheck(Repository repository, StepLog log, TimeProvider time, bool record)
{
    public static IReadOnlyList<string> Steps { get; } = ["manifest", "files", "contract", "start", "cost", "batches", "repeats", "extremes", "samples"];

    /// <summary>What was measured; empty where it did not come to that.</summary>
    public IReadOnlyList<BatchCost> Costs { get; private set; } = [];

    /// <summary>That serves it; null: the stock host.</summary>
    public string? Program { get; init; }

    /// <summary>Called when all steps are done and the package still runs.</summary>
    public Func<Workbench, Task>? WhileItServes { get; init; }

    /// <returns>True: nothing is wrong.</returns>
    public async Task<bool> Run(string folder, CancellationToken cancellation)
    {
        ModelPackage package;
        try
        {
            package = ModelPackage.Read(folder) with { Program = Program }; // 1
        }
        catch (ManifestException error)
        {
            log.Tell("manifest", Finding.Bad([.. error.Faults.Select(fault => fault.ToString())]));
            return false;
        }

        log.Tell("manifest", Manifest(package.Manifest));
        await ModelCommand.Fetched(log, package, cancellation);
        var isWhole = log.Tell("files", await PackageFiles.Check(package, record, cancellation)) // 2
            & log.Tell("contract", ContractCheck.Run(package)); // 3
        return isWhole && await Serve(package, cancellation);
    }

    private async Task<bool> Serve(ModelPackage package, CancellationToken cancellation)
    {
        try
        {
            var begun = time.GetTimestamp();
            await using var bench = await Workbench.Start(repository, [package], time, cancellation); // 4
            using var minion = bench.Minion(package);
            var runs = await Runs.Of(package, minion, bench.Pictures, cancellation);
            var replica = (await bench.Mesh.Status(cancellation)).Models.Single().Replicas.Single();
            log.Tell("start", Finding.Good($"graph and manifest agree; warm after {time.GetElapsedTime(begun).TotalSeconds:0.0} s, {PackageFiles.Count(replica.Instances, "session")} on {replica.Device}"));

            // The cost comes first: what larger batches leave allocated would be counted to the smaller ones.
            var isGood = await log.Step("cost", async progress => // 5
            {
                Costs = await CostCheck.Measure(runs, new ProcessMemory(bench.ProcessOf(package)), replica.Instances, progress, cancellation);
                return CostCheck.Judge(package.Manifest, Costs);
            });
            isGood &= await log.Step("batches", progress => BatchCheck.Run(runs, progress, cancellation)); // 6
            isGood &= await log.Step("repeats", progress => RepeatCheck.Run(runs, progress, cancellation)); // 7
            isGood &= await log.Step("extremes", progress => ExtremesCheck.Run(runs, progress, cancellation)); // 8
            isGood &= await log.Step("samples", progress => new GoldenCheck(bench.Mesh, bench.Pictures).Run(package, record, progress, cancellation)); // 9
            if (WhileItServes is { } more)
                await more(bench);
            return isGood;
        }
        catch (PackageException error)
        {
            return log.Tell("start", Finding.Bad(error.Faults));
        }
    }

    private static Finding Manifest(Manifest manifest) => Finding.Good(
        $"{manifest.Name}, {PackageFiles.Count(manifest.Inputs.Count, "input")}, {string.Join(", ", manifest.Outputs.Select(output => $"{output.As} ({output.Kind.ToString().ToLowerInvariant()})"))}");
}
