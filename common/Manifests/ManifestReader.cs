using System.Text.RegularExpressions;
using YamlDotNet.Core;
using static Espresso.Manifests.YamlPart;

namespace Espresso.Manifests;

/// <summary>Reads <c>manifest.yaml</c> and says everything that is wrong with it at once. <c>minions/manifest.schema.json</c> says the same to editors.</summary>
public static partial class ManifestReader
{
    public const string FileName = "manifest.yaml";

    /// <summary>Bytes of a text file that a manifest names.</summary>
    internal const int LongestFile = 1 << 20;

    /// <summary>The package in <paramref name="folder"/>.</summary>
    /// <exception cref="ManifestException">No manifest there, or a faulty one; the message lists every fault.</exception>
    public static (Manifest Manifest, string Text) ReadFolder(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new ManifestException(path, [new(0, "", "no such file", "a model package is a folder with a manifest.yaml")]);
        var text = TextOf(new FileInfo(path));
        return (Read(text, path, lenient: false, name => FileIn(folder, name)), text);
    }

    /// <summary>The text of a file that stands beside a manifest; null: there is none, or one of more than a mebibyte.</summary>
    public static string? FileIn(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        return file.Exists && file.Length <= LongestFile ? TextOf(file) : null;
    }

    // A pipe has no length either, and whoever opens it waits for somebody to write into it.
    private static string TextOf(FileInfo file) => file.Length == 0 ? "" : File.ReadAllText(file.FullName);

    /// <param name="source">What the faults are named after: a path, or a replica.</param>
    /// <param name="lenient">True: unknown fields are passed over (a newer minion's manifest on an older coordinator).</param>
    /// <param name="files">The texts of the files that the manifest names, by name; null: there are none.</param>
    /// <exception cref="ManifestException">The message lists every fault.</exception>
    public static Manifest Read(string text, string source, bool lenient = false, Func<string, string?>? files = null)
    {
        var reading = new ManifestReading(lenient, files);
        var manifest = Read(text, reading);
        return reading.End() is { Count: > 0 } faults ? throw new ManifestException(source, faults) : manifest!;
    }

    /// <summary>The fields that were looked for: what the manifest could have said.</summary>
    internal static IReadOnlyCollection<string> FieldsOf(string text)
    {
        var reading = new ManifestReading(lenient: false);
        Read(text, reading);
        return reading.Known;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    /// <summary>Whether a model can be called so.</summary>
    public static bool IsModelName(string name) => NamePattern().IsMatch(name);

    private static Manifest? Read(string text, ManifestReading reading)
    {
        try
        {
            switch (YamlPart.Parse(text))
            {
                case YamlMap root:
                    return Manifest(new ManifestSection(reading, root, ""));
                case null or YamlScalar { IsNull: true }:
                    reading.Fault(1, "", "the manifest is empty", "write model, version, network, inputs and outputs");
                    break;
                case { } part:
                    reading.Fault(part.Line, "", "no manifest", "write fields, each as name: value");
                    break;
            }
        }
        catch (YamlException error) when (IndentedByTab(text, error) is { } line)
        {
            reading.Fault(line, "", "a tab in the indentation", "indent with spaces, here and below");
        }
        catch (YamlException error)
        {
            reading.Fault((int)error.Start.Line, "", error.Message, "mend the YAML");
        }
        catch (InvalidOperationException)
        {
            reading.Fault(0, "", "a bracket or a brace is not closed", "mend the YAML"); // the parser stumbles at the end, and knows no line
        }

        return null;
    }

    /// <summary>The line of the tab that the parser stumbled over; it knows only where the text before it began.</summary>
    private static int? IndentedByTab(string text, YamlException error)
    {
        if (!error.Message.Contains(" tab ", StringComparison.Ordinal))
            return null;
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var found = Array.FindIndex(lines, Math.Max(0, (int)error.Start.Line - 1), line => line.TrimStart(' ').StartsWith('\t'));
        return found < 0 ? null : found + 1;
    }

    private static Manifest Manifest(ManifestSection root)
    {
        var model = root.Needed("model", "write lower-case letters, digits and hyphens, starting with a letter");
        var inputs = InputRules.All(root);
        var manifest = new Manifest
        {
            Model = model,
            Version = Version(root),
            Title = root.Text("title", "write what the model does, in a line") ?? model,
            Network = FileBeside(root, "network", "write the name of the .onnx file beside the manifest, without a folder"),
            Inputs = inputs,
            Outputs = OutputRules.All(root, inputs),
            Batching = new() { Max = root.Part("batching").Whole("max", 1, 1024, 8) },
            Execution = Execution(root.Part("execution")),
            Warmup = new() { BudgetMs = root.Part("warmup").Whole("budget_ms", 0, 600_000, 3000) },
            Serving = Serving(root.Part("serving")),
            Requirements = Requirements(root.Part("requirements")),
            Provenance = Provenance(root.Part("provenance")),
            Samples = [.. root.Parts("samples").Select(Sample)],
            Fetch = root.Has("fetch") ? Fetch(root.Part("fetch")) : null,
        };
        if (model.Length > 0)
            root.Rule(IsModelName(model), "model", $"'{model}' cannot be a name", "write lower-case letters, digits and hyphens, starting with a letter");
        return manifest;
    }

    private static ModelVersion Version(ManifestSection root)
    {
        const string Mend = "write major.minor in quotes, such as \"1.0\"";
        var text = root.Needed("version", Mend);
        ModelVersion version = default;
        root.Rule(text.Length == 0 || ModelVersion.TryParse(text, out version), "version", $"'{text}' is no version", Mend);
        return version;
    }

    /// <summary>A file's name, which must be one without a folder; empty where it is not.</summary>
    internal static string FileBeside(ManifestSection section, string key, string mend)
    {
        var name = section.Needed(key, mend);
        if (name.IndexOfAny(['/', '\\']) < 0)
            return name;
        section.Fault(key, $"'{name}' names a folder", mend);
        return "";
    }

    private static ExecutionSpec Execution(ManifestSection execution)
    {
        const string Mend = "write one or more of tensorrt, cuda, cpu, in the order in which they are to be tried";
        var listed = execution.Texts("providers", Mend);
        var providers = listed ?? ["cpu"];
        execution.Rule(providers.Count > 0, "providers", "an empty list", Mend);
        foreach (var unknown in providers.Where(provider => provider is not ("cpu" or "cuda" or "tensorrt")))
            execution.Fault("providers", $"'{unknown}' is none of the choices", Mend);
        var required = execution.Text("require", "write one of the providers");
        execution.Rule(required is null || (listed is null && execution.Has("providers")) || providers.Contains(required, StringComparer.Ordinal),
            "require", $"'{required}' is not among the providers, so it would never be tried", "write one of the providers, or leave it out");
        return new ExecutionSpec
        {
            Providers = providers,
            Require = required,
            Instances = execution.Whole("instances", 0, 64, 0),
            Threads = execution.Whole("threads", 1, 256, 1),
        };
    }

    private static ServingSpec Serving(ManifestSection serving) => new()
    {
        DeadlineMs = serving.Whole("deadline_ms", 1, 3_600_000, 10_000),
        MaxPending = serving.Whole("max_pending", 1, 100_000, 64),
    };

    private static RequirementsSpec Requirements(ManifestSection requirements) => new()
    {
        MemoryMb = requirements.Whole("memory_mb", 0, 1 << 24, 0),
        BatchMs = requirements.Table("batch_ms", 1, 1024, "write milliseconds for each measured batch size, such as { 1: 12.5, 8: 90 }"),
        Gpu = requirements.Flag("gpu"),
    };

    private static ProvenanceSpec Provenance(ManifestSection provenance) => new()
    {
        Source = provenance.Text("source", "write where the network comes from") ?? "",
        Licence = provenance.Text("licence", "write under what terms it may be used") ?? "",
        Sha256 = Sum(provenance, provenance.Text("sha256", "write the network file's sha256 in hexadecimal") ?? ""),
    };

    private static SampleSpec Sample(ManifestSection sample) => new()
    {
        Image = sample.Needed("image", "write a picture's path, from the manifest's folder"),
        Mask = sample.Text("mask", "write a picture's path, from the manifest's folder"),
        Expect = sample.Map("expect", "write a file for every output, each as output: file"),
        Tolerance = sample.Number("tolerance", number => number is >= 0 and <= 1, "write a number from 0 to 1") ?? 0,
    };

    private static FetchSpec Fetch(ManifestSection fetch) => new()
    {
        Npm = fetch.Needed("npm", "write the name of the npm package"),
        Version = fetch.Needed("version", "write the npm package's exact version"),
        Resource = fetch.Needed("resource", "write the network's name in the package's list of resources"),
        Sha256 = Sum(fetch, fetch.Needed("sha256", "write the sha256 of the file as it comes, in hexadecimal")),
        Size = fetch.NeededWhole("size", 1, 16_384),
    };

    private static string Sum(ManifestSection section, string sum)
    {
        section.Rule(sum.Length == 0 || (sum.Length == 64 && sum.All(char.IsAsciiHexDigit)), "sha256", "no sha256", "write 64 hexadecimal digits");
        return sum.ToLowerInvariant();
    }
}
