using System.Globalization;
using System.Text.RegularExpressions;

namespace Espresso.Manifests;

/// <summary>Reads <c>manifest.yaml</c> and says everything that is wrong with it at once.</summary>
public static partial class ManifestReader
{
    public const string FileName = "manifest.yaml";

    /// <summary>The package in <paramref name="folder"/>.</summary>
    /// <exception cref="ManifestException">No manifest there, or a faulty one; the message lists every fault.</exception>
    public static (Manifest Manifest, string Text) ReadFolder(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new ManifestException(path, ["no such file; a model package is a folder with a manifest.yaml"]);
        var text = File.ReadAllText(path);
        return (Read(text, path), text);
    }

    /// <param name="source">What the faults are named after: a path, or a replica.</param>
    /// <param name="lenient">True: unknown keys are passed over.</param>
    /// <exception cref="ManifestException">The message lists every fault.</exception>
    public static Manifest Read(string text, string source, bool lenient = false)
    {
        var faults = new List<string>();
        var file = ManifestFile.Parse(text, lenient, faults);
        var manifest = file is null ? null : new Check(faults).Manifest(file);
        return faults.Count == 0 ? manifest! : throw new ManifestException(source, faults);
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    private sealed class Check(List<string> faults)
    {
        public Manifest Manifest(ManifestFile file)
        {
            Rule(NamePattern().IsMatch(file.Model ?? ""), "model: lower-case letters, digits and hyphens, starting with a letter");
            Rule(ModelVersion.TryParse(file.Version, out var version), $"version: major.minor in quotes, such as \"1.0\"; found '{file.Version}'");
            Rule(!string.IsNullOrWhiteSpace(file.Network), "network: the name of the .onnx file");
            Rule(Path.GetFileName(file.Network) == file.Network, "network: a file beside the manifest, without a folder");
            var inputs = Entries(file.Inputs, "inputs").Select(Input).ToList();
            var outputs = Entries(file.Outputs, "outputs").Select(output => Output(output, inputs)).ToList();
            Rule(inputs.Count > 0, "inputs: at least one");
            Rule(outputs.Count > 0, "outputs: at least one");
            Unique(inputs.Select(input => input.Name), "inputs");
            Unique(outputs.Select(output => output.As), "outputs");
            Rule(inputs.Count(input => input.Kind == InputKind.Picture) <= 1, "inputs: one of kind picture at the most");

            var manifest = new Manifest
            {
                Model = file.Model ?? "",
                Version = version,
                Title = file.Title ?? file.Model ?? "",
                Network = file.Network ?? "",
                Inputs = inputs,
                Outputs = outputs,
                Batching = new() { Max = file.Batching?.Max ?? 8 },
                Execution = new()
                {
                    Providers = file.Execution?.Providers is { } providers ? [.. Entries(providers, "execution.providers")] : ["cpu"],
                    Require = file.Execution?.Require,
                    Instances = file.Execution?.Instances ?? 0,
                    Threads = file.Execution?.Threads ?? 1,
                },
                Warmup = new() { BudgetMs = file.Warmup?.BudgetMs ?? 3000 },
                Serving = new() { DeadlineMs = file.Serving?.DeadlineMs ?? 10_000, MaxPending = file.Serving?.MaxPending ?? 64 },
                Requirements = new() { MemoryMb = file.Requirements?.MemoryMb ?? 0, Gpu = file.Requirements?.Gpu ?? false },
                Provenance = new()
                {
                    Source = file.Provenance?.Source ?? "",
                    Licence = file.Provenance?.Licence ?? "",
                    Sha256 = file.Provenance?.Sha256 ?? "",
                },
                Samples = [.. Entries(file.Samples, "samples").Select(Sample)],
                Fetch = file.Fetch is null ? null : Fetch(file.Fetch),
            };
            Between(manifest.Batching.Max, 1, 1024, "batching.max");
            Between(manifest.Execution.Instances, 0, 64, "execution.instances");
            Between(manifest.Execution.Threads, 1, 256, "execution.threads");
            Between(manifest.Warmup.BudgetMs, 0, 600_000, "warmup.budget_ms");
            Between(manifest.Serving.DeadlineMs, 1, 3_600_000, "serving.deadline_ms");
            Between(manifest.Serving.MaxPending, 1, 100_000, "serving.max_pending");
            Between(manifest.Requirements.MemoryMb, 0, 1 << 24, "requirements.memory_mb");
            Providers(manifest.Execution);
            return manifest;
        }

        private void Providers(ExecutionSpec execution)
        {
            Rule(execution.Providers.Count > 0, "execution.providers: at least one");
            foreach (var provider in execution.Providers)
                Rule(provider is "cpu" or "cuda" or "tensorrt", $"execution: provider '{provider}' is none of tensorrt, cuda, cpu");
            Rule(execution.Require is null || execution.Providers.Count == 0 || execution.Providers.Contains(execution.Require, StringComparer.Ordinal),
                $"execution.require: '{execution.Require}' is not among the providers, so it would never be tried");
        }

        private InputSpec Input(ManifestFile.Input input)
        {
            var at = $"input '{input.Name}'";
            var spec = new InputSpec
            {
                Name = input.Name ?? "",
                Kind = Word(input.Kind, InputKind.Picture, $"{at}: kind"),
                From = input.From,
                Width = input.Width,
                Height = input.Height,
                Fit = Word(input.Fit, FitKind.Stretch, $"{at}: fit"),
                Channels = Word(input.Channels, ChannelOrder.Rgb, $"{at}: channels"),
                Layout = Word(input.Layout, TensorLayout.Nchw, $"{at}: layout"),
                Scale = input.Scale ?? 1f / 255,
                Mean = input.Mean ?? [],
                Std = input.Std ?? [],
                Fill = input.Fill,
                Threshold = input.Threshold,
                Grow = input.Grow,
                Shape = input.Shape ?? [],
            };
            Rule(spec.Name.Length > 0, "inputs: every input has a name, the tensor's in the graph");
            Between(spec.Fill, 0, 255, $"{at}: fill");
            Between(spec.Grow, 0, 256, $"{at}: grow");
            if (spec.Kind != InputKind.Tensor)
            {
                Between(spec.Width, 1, 16_384, $"{at}: width");
                Between(spec.Height, 1, 16_384, $"{at}: height");
                Channels(spec.Mean, spec.ChannelCount, $"{at}: mean");
                Channels(spec.Std, spec.ChannelCount, $"{at}: std");
                Rule(spec.Std.All(std => std != 0), $"{at}: std: a zero would divide by zero");
                Rule(spec.Mean.Concat(spec.Std).Append(spec.Scale).All(float.IsFinite), $"{at}: scale, mean and std: finite numbers");
            }

            Rule(spec.Shape.All(dimension => dimension > 0), $"{at}: shape: whole numbers above 0, without the batch");
            Rule(spec.Kind == InputKind.Mask || (spec.From is null && spec.Threshold is null && spec.Grow == 0),
                $"{at}: from, threshold and grow belong to inputs of kind mask");
            Rule(spec.Threshold is null or (> 0 and <= 1), $"{at}: threshold: above 0, at most 1");
            Rule(spec.From is null || spec.From.Split('.') is [{ Length: > 0 }, { Length: > 0 }], $"{at}: from: model.output, such as segmentation.mask");
            return spec;
        }

        private OutputSpec Output(ManifestFile.Output output, List<InputSpec> inputs)
        {
            var at = $"output '{output.Name}'";
            var spec = new OutputSpec
            {
                Name = output.Name ?? "",
                As = output.As ?? output.Name ?? "",
                Kind = Word(output.Kind, OutputKind.Map, $"{at}: kind"),
                Range = Range(output.Range, at),
                Layout = Word(output.Layout, TensorLayout.Nchw, $"{at}: layout"),
                Media = Word(output.Media, MediaKind.Png, $"{at}: media"),
                Blend = output.Blend,
            };
            Rule(spec.Name.Length > 0, "outputs: every output has a name, the tensor's in the graph");
            Rule(spec.Blend is null || (spec.Kind == OutputKind.Image && inputs.Any(input => input.Name == spec.Blend && input.Kind == InputKind.Mask)),
                $"{at}: blend: the name of an input of kind mask, and only for kind image");
            return spec;
        }

        private SampleSpec Sample(ManifestFile.Sample sample)
        {
            Rule(!string.IsNullOrEmpty(sample.Image), "samples: every sample names its image");
            Rule(sample.Tolerance is >= 0 and <= 1, "samples: tolerance: 0 to 1");
            Rule(sample.Expect?.ContainsValue(null) != true, "samples: expect: a file for every output");
            return new SampleSpec
            {
                Image = sample.Image ?? "",
                Mask = sample.Mask,
                Expect = (sample.Expect ?? []).ToDictionary(pair => pair.Key, pair => pair.Value ?? "", StringComparer.Ordinal),
                Tolerance = sample.Tolerance,
            };
        }

        private FetchSpec Fetch(ManifestFile.FetchPart fetch)
        {
            Rule(!string.IsNullOrEmpty(fetch.Npm), "fetch.npm: the name of the npm package");
            Rule(!string.IsNullOrEmpty(fetch.Version), "fetch.version: the npm package's exact version");
            Rule(!string.IsNullOrEmpty(fetch.Resource), "fetch.resource: the network's name in the package's list of resources");
            Rule(fetch.Sha256 is { Length: 64 } && fetch.Sha256.All(char.IsAsciiHexDigit), "fetch.sha256: 64 hexadecimal digits");
            Between(fetch.Size, 1, 16_384, "fetch.size");
            return new FetchSpec
            {
                Npm = fetch.Npm ?? "",
                Version = fetch.Version ?? "",
                Resource = fetch.Resource ?? "",
                Sha256 = fetch.Sha256?.ToLowerInvariant() ?? "",
                Size = fetch.Size,
            };
        }

        private ValueRange? Range(object? range, string at)
        {
            if (range is null or "auto")
                return null;
            if (range is List<object> { Count: 2 } ends
                && float.TryParse(ends[0] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var low)
                && float.TryParse(ends[1] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var high)
                && low < high && float.IsFinite(low) && float.IsFinite(high))
                return new ValueRange(low, high);
            faults.Add($"{at}: range: auto, or [low, high] with low below high");
            return null;
        }

        /// <summary>The list without its empty entries (a lone dash), which are a fault.</summary>
        private IEnumerable<T> Entries<T>(List<T?>? list, string what)
            where T : class
        {
            Rule(list?.Contains(null) != true, $"{what}: an empty entry");
            return list?.OfType<T>() ?? [];
        }

        private T Word<T>(string? word, T otherwise, string what)
            where T : struct, Enum
        {
            if (word is null)
                return otherwise;
            if (Enum.TryParse<T>(word, ignoreCase: true, out var value) && string.Equals(value.ToString(), word, StringComparison.OrdinalIgnoreCase))
                return value;
            faults.Add($"{what}: '{word}' is none of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");
            return otherwise;
        }

        private void Channels(IReadOnlyList<float> values, int channels, string what) =>
            Rule(values.Count == 0 || values.Count == channels, $"{what}: one value a channel ({channels}), or none; found {values.Count}");

        private void Between(int value, int low, int high, string what) =>
            Rule(value >= low && value <= high, $"{what}: {low} to {high}; found {value}");

        private void Unique(IEnumerable<string> names, string what)
        {
            foreach (var twice in names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
                faults.Add($"{what}: '{twice.Key}' stands there {twice.Count()} times");
        }

        private void Rule(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }
    }
}

/// <summary>A manifest that cannot be used; the message names the source and lists every fault, a line each.</summary>
public sealed class ManifestException(string source, IReadOnlyList<string> faults)
    : Exception(string.Join(Environment.NewLine, faults.Select(fault => $"{source}: {fault}")))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
