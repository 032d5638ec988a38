using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Packages;
using Espresso.Cli.Reports;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Cli.Comparing;

/// <summary>What a comparison gave.</summary>
/// <param name="Sheet">The pictures alone, a row an output; null: no output is a picture.</param>
internal sealed record DiffReport(Report Report, Preview? Sheet);

/// <summary>Two versions of a model on the same pictures.</summary>
/// <remarks>
/// 1. the contract, field by field; 2. each in a mesh of its own, since both may have one name and number; 3. speed, in turns; 4. every
/// picture through both, each output side by side with how far the two are apart; 5. the page. Of each is told.
/// </remarks>
internal sealed class ModelDiff(Repository repository, StepLog log, TimeProvider time)
{
    public async Task<DiffReport> Run(ModelPackage a, ModelPackage b, IReadOnlyList<(string Name, byte[] Picture)> photos, CancellationToken cancellation)
    {
        var contract = Contract(a.Manifest, b.Manifest); // 1
        contract.ToList().ForEach(line => log.Tell("contract", Finding.Good(line)));

        var taker = Array.Find([a.Manifest, b.Manifest], manifest => manifest.Inputs.Any(input => input.Kind == InputKind.Mask)); // the other one passes a mask over
        var pictures = await ComparedPictures.Of(a, b, photos, hasMask: taker is not null, cancellation);
        var maker = taker is not null && pictures.Any(picture => picture.Mask is null)
            ? ComparedPictures.MaskMaker(taker, PackageCatalog.Read(repository.Minions, light: false).Packages) : null;
        await using var benchOfA = await log.Watched("starting A", _ => Workbench.Start(repository, maker is null ? [a] : [a, maker], time, cancellation)); // 2
        await using var benchOfB = await log.Watched("starting B", _ => Workbench.Start(repository, [b], time, cancellation));
        var speeds = await Speed(benchOfA, a, benchOfB, b, cancellation); // 3

        if (maker is not null)
            pictures = await ComparedPictures.Masked(pictures, taker!, maker, benchOfA.Mesh, cancellation);
        var (rows, figures) = await log.Watched("comparing", progress => Compare(benchOfA, a, benchOfB, b, pictures, progress, cancellation)); // 4
        var report = new Report($"{a.Title} and {b.Title}: what differs", // 5
        [
            new Paragraph($"A is {a.Title} ({a.Manifest.Title}), B is {b.Title} ({b.Manifest.Title}). Measured on {time.GetUtcNow():yyyy-MM-dd}, on {Environment.ProcessorCount} cores, with the sessions of two."),
            new Heading("Contract"), .. contract.Select(line => new Paragraph(line)),
            new Heading("Speed, on the device"),
            new Table(["batch of", "A, ms", "B, ms", "B ÷ A"], [.. speeds.Select(Row)]),
            new Heading("Outputs"), new Table(["picture", "output", "difference"], rows), .. figures,
        ]);
        var rasters = figures.Where(row => row.All[^1].Picture is not null || row.All[^2].Picture is not null) // what was sent alone says nothing
            .Select(row => row.All.Select(figure => figure.Picture?.Raster).OfType<Client.Raster>().ToList()).ToList();
        return new DiffReport(report, rasters.Count > 0 ? await Preview.Of(benchOfA.Pictures, ContactSheet.Of(rasters), Format.Png, cancellation) : null);
    }

    /// <summary>A line a field that differs.</summary>
    internal static IReadOnlyList<string> Contract(Manifest a, Manifest b)
    {
        var differences = ManifestContract.Differences(a, b);
        if (differences.Count == 0)
            return ["the same, field by field"];
        var verdict = a.Version.Major == b.Version.Major && a.Version != b.Version ? "; a minor keeps its major's contract" : "";
        return [.. differences.Select(difference => $"{difference}{verdict}")];
    }

    private async Task<IReadOnlyList<BatchSpeed>> Speed(Workbench benchOfA, ModelPackage a, Workbench benchOfB, ModelPackage b, CancellationToken cancellation)
    {
        using var minionOfA = benchOfA.Minion(a);
        using var minionOfB = benchOfB.Minion(b);
        var runs = (A: await Runs.Of(a, minionOfA, benchOfA.Pictures, cancellation), B: await Runs.Of(b, minionOfB, benchOfB.Pictures, cancellation));
        var speeds = await log.Watched("speed", progress => SpeedComparison.Measure(runs.A, runs.B, progress, cancellation));
        log.Tell("speed", Finding.Good(string.Join("; ", speeds.Select(speed => $"{speed.Size}: {Text(speed.A)} and {Text(speed.B)} ms"))));
        return speeds;
    }

    private async Task<(IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<Figures> Figures)> Compare(
        Workbench benchOfA, ModelPackage a, Workbench benchOfB, ModelPackage b, IReadOnlyList<ComparedPicture> pictures, IProgress<double> progress, CancellationToken cancellation)
    {
        var (rows, blocks) = (new List<IReadOnlyList<string>>(), new List<Figures>());
        foreach (var picture in pictures)
        {
            var answerOfA = await Answer(benchOfA, a, picture, cancellation);
            var answerOfB = await Answer(benchOfB, b, picture, cancellation);
            var sent = new List<Figure> { new(picture.Name, await Preview.Of(benchOfA.Pictures, picture.Picture, Channels.Rgb, cancellation)) };
            if (picture.Mask is { } mask)
                sent.Add(new Figure("mask", await Preview.Of(benchOfA.Pictures, mask, Channels.Gray, cancellation)));
            foreach (var name in answerOfA.Keys.Union(answerOfB.Keys, StringComparer.Ordinal))
            {
                var compared = await OutputComparison.Of(
                    benchOfA.Pictures, name, answerOfA.GetValueOrDefault(name), answerOfB.GetValueOrDefault(name), picture.Mask, cancellation);
                rows.Add([picture.Name, name, compared.Said]);
                blocks.Add(new Figures([.. sent, .. compared.Figures]));
            }

            progress.Report((double)blocks.Count / pictures.Count);
        }

        foreach (var row in rows)
            log.Tell(row[1], Finding.Good($"{row[0]}: {row[2]}"));
        return (rows, blocks);
    }

    private static async Task<IReadOnlyDictionary<string, Client.OutputInfo>> Answer(Workbench bench, ModelPackage package, ComparedPicture picture, CancellationToken cancellation)
    {
        try
        {
            return (await GoldenCheck.Ask(bench.Mesh, package.Manifest, picture.Picture, picture.Mask, cancellation)).Outputs!;
        }
        catch (CliException error)
        {
            throw new CliException($"{picture.Name}: {package.Title} gives no answer: {error.Message}", error);
        }
    }

    private static IReadOnlyList<string> Row(BatchSpeed speed) =>
        [$"{speed.Size}", Text(speed.A), Text(speed.B), speed is { A: { } a, B: { } b } ? $"{b / a:0.00}" : "–"];

    private static string Text(double? milliseconds) => milliseconds is { } number ? CostCheck.Text(number) : "–";
}
