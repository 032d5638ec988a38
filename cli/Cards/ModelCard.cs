using Espresso.Cli.Checking;
using Espresso.Cli.Client;
using Espresso.Cli.Comparing;
using Espresso.Cli.Packages;
using Espresso.Cli.Reports;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Cli.Cards;

/// <summary>A package's hand-over on one page: what holds, what goes in and comes out, what it costs, how good it is, and whose it is.</summary>
/// <param name="told">What the check said, step by step.</param>
/// <param name="costs">Empty where it came to no measurement.</param>
/// <param name="samples">Pictures and what the model makes of them; empty where it did not run.</param>
internal sealed class ModelCard(
    ModelPackage package, IReadOnlyList<(string Step, Finding Finding)> told, IReadOnlyList<BatchCost> costs, IReadOnlyList<Figures> samples)
{
    private const string NoFigures = "README.md tells no figures on pictures that were kept from training; begin a paragraph there with **How good.**";

    private Manifest Manifest => package.Manifest;

    /// <summary>Each sample, and what comes out of it now.</summary>
    public static async Task<IReadOnlyList<Figures>> Samples(ModelPackage package, Workbench bench, CancellationToken cancellation)
    {
        var rows = new List<Figures>();
        foreach (var sample in package.Manifest.Samples)
        {
            var figures = new List<Figure> { new(sample.Image, await Preview.Of(bench.Pictures, await Read(sample.Image), Channels.Rgb, cancellation)) };
            if (sample.Mask is { } mask)
                figures.Add(new Figure(mask, await Preview.Of(bench.Pictures, await Read(mask), Channels.Gray, cancellation)));
            try
            {
                var answer = await new GoldenCheck(bench.Mesh, bench.Pictures).Ask(package, sample, cancellation);
                foreach (var (name, output) in answer.Outputs!)
                    figures.Add(await OutputComparison.Shown(bench.Pictures, $"{name}, {output.Kind}", output, cancellation));
            }
            catch (CliException error)
            {
                figures.Add(new Figure("no answer", null, error.Message));
            }

            rows.Add(new Figures(figures));
        }

        return rows;

        Task<byte[]> Read(string file) => File.ReadAllBytesAsync(package.PathOf(file), cancellation);
    }

    public Report Report(DateOnly today)
    {
        var readme = package.PathOf("README.md");
        var heldOut = File.Exists(readme) ? HeldOutFigures.Of(File.ReadAllText(readme)) : [];
        var checklist = Checklist(heldOut.Count > 0);
        var open = checklist.Items.Count(item => !item.IsGood);
        return new Report($"{package.Title}: {Manifest.Title}",
        [
            new Paragraph($"Hand-over of {today:yyyy-MM-dd}. {(open == 0 ? "Nothing is open." : $"{PackageFiles.Count(open, "point")} open.")}"),
            checklist,
            new Heading("In and out"), ContractTables.Inputs(Manifest), ContractTables.Outputs(Manifest), .. samples,
            .. Cost(),
            .. heldOut.Count > 0 ? [new Heading("How good it is, by its README"), .. heldOut] : Array.Empty<Block>(),
            new Heading("Whence"), Provenance(),
        ]);
    }

    private Checklist Checklist(bool hasFigures)
    {
        var items = ModelCheck.Steps.SelectMany(Items).ToList();
        items.Add(Told("licence", Manifest.Provenance.Licence));
        items.Add(new CheckItem(hasFigures, "held-out", hasFigures ? "figures below" : NoFigures));
        return new Checklist(items);
    }

    private IEnumerable<CheckItem> Items(string step)
    {
        if (told.FirstOrDefault(one => one.Step == step).Finding is not { } finding)
            return [new CheckItem(false, step, "not reached")];
        if (step == "cost" && finding.IsGood)
            return [new CheckItem(true, step, "within what is declared, below")];
        return finding.IsGood ? [new CheckItem(true, step, finding.Said)] : finding.Faults.Select(fault => new CheckItem(false, step, fault));
    }

    private static CheckItem Told(string name, string text) => new(text.Length > 0, name, text.Length > 0 ? text : "not told");

    private IEnumerable<Block> Cost()
    {
        var (needs, serving) = (Manifest.Requirements, Manifest.Serving);
        yield return new Heading("Cost");
        if (costs.Count > 0)
        {
            yield return new Table(
                ["batch of", "ms", "ms a picture", "declared ms", "resident MB at the most"],
                [.. costs.Select<BatchCost, IReadOnlyList<string>>(cost =>
                [
                    $"{cost.Size}", CostCheck.Text(cost.Milliseconds), CostCheck.Text(cost.Milliseconds / cost.Size),
                    needs.BatchMs.TryGetValue(cost.Size, out var declared) ? CostCheck.Text(declared) : "–", $"{cost.Megabytes}",
                ])]);
        }

        yield return new Paragraph($"Declared: {needs.MemoryMb} MB a replica{(needs.Gpu ? ", a GPU" : "")}; {string.Join(", ", Manifest.Execution.Providers)}; batches of up to {Manifest.Batching.Max}; "
            + $"a deadline of {serving.DeadlineMs} ms; {serving.MaxPending} pending at the most."
            + (costs.Count > 0 ? $" Measured with the sessions of two cores, on {Environment.ProcessorCount}." : " Nothing was measured."));
    }

    private Table Provenance()
    {
        var rows = new List<IReadOnlyList<string>> { new[] { Manifest.Provenance.Source, Manifest.Provenance.Licence, Network() } };
        return new Table(["source", "licence", "network"], rows);
    }

    private string Network() => Manifest.Fetch is { } fetch
        ? $"{Manifest.Network}, fetched from {fetch.Npm} {fetch.Version}, sha256 there {fetch.Sha256}"
        : $"{Manifest.Network}, sha256 {Manifest.Provenance.Sha256}";
}
