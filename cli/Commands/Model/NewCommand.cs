using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Espresso.Cli.Checking;
using Espresso.Cli.Display;
using Espresso.Cli.Drafting;
using Espresso.Cli.Graphs;
using Espresso.Manifests;
using Google.Protobuf;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model new NAME --from FILE</c>: an ONNX file becomes a package; asked is only what the file does not say.</summary>
internal static class NewCommand
{
    private sealed record Settings(
        string Name, string Version, FileInfo From, DirectoryInfo? Into, string? Title, string? Source, string? Licence, bool MendBatch, FileInfo? Sample, FileInfo? Mask, Said Said);

    public static Command Create(CliContext context)
    {
        var name = new Argument<string>("NAME") { Description = "what clients will call it: lower-case letters, digits and hyphens" };
        var from = new Option<FileInfo>("--from") { Description = "the network", HelpName = "FILE.onnx", Required = true };
        var version = new Option<string>("--version") { Description = "major.minor", DefaultValueFactory = _ => "0.1" };
        var into = new Option<DirectoryInfo?>("--into") { Description = "the package's folder; otherwise minions/NAME/VERSION", HelpName = "DIR" };
        var title = new Option<string?>("--title") { Description = "what it does, in a line" };
        var source = new Option<string?>("--source") { Description = "where the network comes from", HelpName = "TEXT" };
        var licence = new Option<string?>("--licence") { Description = "under which terms it may be used", HelpName = "TEXT" };
        var values = new Option<string?>("--values") { Description = string.Join("; ", PixelValues.All.Select(values => $"{values.Name}: {values.Meaning}")), HelpName = "WORD" };
        var bgr = new Option<bool>("--bgr") { Description = "the network takes blue first" };
        var fit = new Option<string?>("--fit") { Description = "how a picture comes to the network's proportions: stretch, pad or crop" };
        fit.AcceptOnlyFromAmong("stretch", "pad", "crop");
        var size = new Option<int?>("--size") { Description = "pixels of a side, where the graph leaves it open", HelpName = "N" };
        var labels = Pairs("--labels", "a classifier's names, a line each, in the order of its numbers; with the output in front where several give as many", "[OUTPUT=]FILE");
        var kind = Pairs("--kind", "what an output is: map, mask, image, labels, scores or embedding", "OUTPUT=KIND");
        var range = Pairs("--range", "between which values an output lies", "OUTPUT=LOW,HIGH");
        var mend = new Option<bool>("--mend-batch") { Description = "make the batch variable where the graph fixes it" };
        var sample = new Option<FileInfo?>("--sample") { Description = "a picture to show what the model makes of it; otherwise samples/espresso.jpg", HelpName = "PHOTO" };
        var mask = new Option<FileInfo?>("--mask") { Description = "the sample's mask, for a network that takes one", HelpName = "FILE" };
        var command = new Command("new", "make a package of an ONNX file")
        {
            name, from, version, into, title, source, licence, values, bgr, fit, size, labels, kind, range, mend, sample, mask,
        };
        command.SetAction((parsed, cancellation) => Run(
            context,
            new Settings(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(version), parsed.GetRequiredValue(from), parsed.GetValue(into), parsed.GetValue(title),
                parsed.GetValue(source), parsed.GetValue(licence), parsed.GetValue(mend), parsed.GetValue(sample), parsed.GetValue(mask),
                new Said(
                    parsed.GetValue(values), parsed.GetValue(fit), parsed.GetValue(bgr), parsed.GetValue(size), parsed.GetRequiredValue(labels),
                    Read("--kind", parsed.GetRequiredValue(kind)), Read("--range", parsed.GetRequiredValue(range)))),
            cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, Settings settings, CancellationToken cancellation)
    {
        var repository = Repository.Locate();
        if (!ModelVersion.TryParse(settings.Version, out var version))
            throw new CliException($"--version {settings.Version}: major.minor, such as 0.1");
        var folder = settings.Into is { } into ? Path.TrimEndingDirectorySeparator(into.FullName) : Path.Combine(repository.Minions, settings.Name, settings.Version);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException($"{folder} is there already; a version is never changed, take the next: --version {version.Major}.{version.Minor + 1}");

        if (!ManifestReader.IsModelName(settings.Name))
            throw new CliException($"'{settings.Name}' cannot be a name; write lower-case letters, digits and hyphens, starting with a letter");
        var graph = NetworkGraph.Read(settings.From.FullName);
        graph.MustBeServable();
        var questions = new Questions(context.Console, cancellation);
        var log = new StepLog(context);
        var mends = graph.Inputs.Any(input => input.HasFixedBatch)
            && await questions.Confirm($"the graph fixes its batch ({graph.Inputs.First(input => input.HasFixedBatch)}), so it could not be served; make it variable?", "--mend-batch", settings.MendBatch);
        var skipped = new List<string>();
        var inputs = await new InputProposal(graph, settings.Said, questions).Inputs();
        var outputs = await new OutputProposal(graph, settings.Said, questions).Outputs(skipped, cancellation);
        var draft = new Draft(settings.Name, version, $"{settings.Name}.onnx", graph.Origin, inputs, outputs)
        {
            Title = settings.Title ?? settings.Name,
            Source = await questions.Text("where does the network come from?", "--source", settings.Source),
            Licence = await questions.Text("under which licence may it be used?", "--licence", settings.Licence),
        };
        var isMasked = draft.Inputs.Any(input => input.Kind == InputKind.Mask);
        var mask = isMasked ? settings.Mask ?? new FileInfo(await questions.Text("which mask belongs to the sample?", "--mask", null)) : null;
        questions.MustBeAnswered();
        if (graph.Inputs.Any(input => input.HasFixedBatch) && !mends)
            throw new CliException("a graph with a fixed batch is not served; export it with a dynamic first dimension");
        if (mends)
            log.Say($"the batch is variable now; {PackageFiles.Count(BatchMend.Apply(graph.Model), "reshape")} mended");
        skipped.ForEach(log.Say);

        // All is read before anything is written. What was not mended keeps its publisher's checksum.
        var network = mends ? graph.Model.ToByteArray() : await Choices.Read(settings.From, cancellation);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [draft.Network] = network };
        foreach (var output in draft.Outputs.Where(output => output.Labels is not null))
            files[output.Labels!] = Encoding.UTF8.GetBytes(string.Concat(output.Names.Select(name => $"{name}\n")));
        draft = draft with
        {
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(network)),
            Image = draft.Inputs.Any(input => input.Kind != InputKind.Tensor) ? await Sample(settings.Sample ?? repository.Photo, "photo") : "", // a photo shows nothing of what takes none
            Mask = mask is null ? null : await Sample(mask, "mask"),
        };
        return await Write(context, new PackageDraft(repository, log, context.Time), log, draft, folder, files, cancellation);

        async Task<string> Sample(FileInfo file, string name)
        {
            var path = $"samples/{name}{file.Extension.ToLowerInvariant()}";
            files[path] = await Choices.Read(file, cancellation);
            return path;
        }
    }

    private static async Task<int> Write(
        CliContext context, PackageDraft package, StepLog log, Draft draft, string folder, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellation)
    {
        await package.Write(draft, folder, files, cancellation);
        foreach (var input in draft.Inputs)
            log.Tell("input", Finding.Good($"{input.Name}: {input.Kind.ToString().ToLowerInvariant()}{(input.Values is { } values ? $" {input.Width}×{input.Height}, {input.Fit}, {values.Name} values" : "")}"));
        foreach (var output in draft.Outputs)
            log.Tell("output", Finding.Good($"{output.As}: {output.Kind}{(output.Kind == "labels" ? $", {output.Count} names, {output.Activation}" : "")}{(output.Range is { } range ? $", {range}" : "")}"));
        try
        {
            await package.Measure(draft, folder, cancellation);
        }
        catch (Exception error) when (error is PackageException or ManifestException or CliException && !cancellation.IsCancellationRequested)
        {
            log.Tell("run", Finding.Bad(error.Message.Split(Environment.NewLine)));
            context.Output.WriteLine($"{folder} is written, but does not run yet; mend {ManifestReader.FileName}, then: espresso model check {folder} --record");
            return 1;
        }
        catch
        {
            context.Output.WriteLine($"{folder} is written, but was not run to its end; remove it, or: espresso model check {folder} --record");
            throw;
        }

        var shown = Path.GetRelativePath(Environment.CurrentDirectory, folder);
        context.Output.WriteLine($"{shown} is written; look at its {ManifestReader.FileName} and samples, then:");
        context.Output.WriteLine($"  espresso model check {shown}");
        context.Output.WriteLine($"  espresso minion {shown}");
        return 0;
    }

    private static Option<string[]> Pairs(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };

    private static Dictionary<string, string> Read(string option, string[] pairs)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.LastIndexOf('=');
            if (at < 1 || at == pair.Length - 1)
                throw new CliException($"{option} {pair}: an output's name in the graph, =, and what it is");
            read[pair[..at]] = pair[(at + 1)..];
        }

        return read;
    }
}
