using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Espresso.Manifests;

/// <summary>A manifest's text as YAML has it, before it is checked. Every key is optional here; <see cref="ManifestReader"/> judges.</summary>
internal sealed class ManifestFile
{
    private const int DeepestNesting = 20;

    private static readonly IDeserializer Yaml = new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .Build();

    private static readonly IDeserializer Lenient = new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .IgnoreUnmatchedProperties()
        .Build();

    public string? Model { get; set; }
    public string? Version { get; set; }
    public string? Title { get; set; }
    public string? Network { get; set; }
    public List<Input?>? Inputs { get; set; }
    public List<Output?>? Outputs { get; set; }
    public BatchingPart? Batching { get; set; }
    public ExecutionPart? Execution { get; set; }
    public WarmupPart? Warmup { get; set; }
    public ServingPart? Serving { get; set; }
    public RequirementsPart? Requirements { get; set; }
    public ProvenancePart? Provenance { get; set; }
    public List<Sample?>? Samples { get; set; }
    public FetchPart? Fetch { get; set; }

    /// <param name="lenient">True: keys that this version does not know are passed over (a newer minion's manifest on an older coordinator).</param>
    public static ManifestFile? Parse(string text, bool lenient, List<string> faults)
    {
        try
        {
            RefuseNesting(text);
            var file = (lenient ? Lenient : Yaml).Deserialize<ManifestFile?>(text);
            if (file is null)
                faults.Add("the manifest is empty");
            return file;
        }
        catch (YamlException error)
        {
            faults.Add($"line {error.Start.Line}: {error.InnerException?.Message ?? error.Message}");
            return null;
        }
    }

    /// <summary>The deserialiser recurses, and what is nested without end would overflow its stack; the parser does not.</summary>
    private static void RefuseNesting(string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            var part = parser.Current!;
            depth += part.NestingIncrease;
            if (depth > DeepestNesting)
                throw new YamlException(part.Start, part.End, $"nested deeper than {DeepestNesting} levels");
        }
    }

    internal sealed class Input
    {
        public string? Name { get; set; }
        public string? Kind { get; set; }
        public string? From { get; set; }
        public int Width { get; set; }
        public int Height { get; set; }
        public string? Fit { get; set; }
        public string? Channels { get; set; }
        public string? Layout { get; set; }
        public float? Scale { get; set; }
        public List<float>? Mean { get; set; }
        public List<float>? Std { get; set; }
        public int Fill { get; set; }
        public float? Threshold { get; set; }
        public int Grow { get; set; }
        public List<long>? Shape { get; set; }
    }

    internal sealed class Output
    {
        public string? Name { get; set; }
        public string? As { get; set; }
        public string? Kind { get; set; }
        public object? Range { get; set; }
        public string? Layout { get; set; }
        public string? Media { get; set; }
        public string? Blend { get; set; }
    }

    internal sealed class BatchingPart
    {
        public int? Max { get; set; }
    }

    internal sealed class ExecutionPart
    {
        public List<string?>? Providers { get; set; }
        public string? Require { get; set; }
        public int? Instances { get; set; }
        public int? Threads { get; set; }
    }

    internal sealed class WarmupPart
    {
        public int? BudgetMs { get; set; }
    }

    internal sealed class ServingPart
    {
        public int? DeadlineMs { get; set; }
        public int? MaxPending { get; set; }
    }

    internal sealed class RequirementsPart
    {
        public int MemoryMb { get; set; }
        public bool Gpu { get; set; }
    }

    internal sealed class ProvenancePart
    {
        public string? Source { get; set; }
        public string? Licence { get; set; }
        public string? Sha256 { get; set; }
    }

    internal sealed class Sample
    {
        public string? Image { get; set; }
        public string? Mask { get; set; }
        public Dictionary<string, string?>? Expect { get; set; }
        public double Tolerance { get; set; }
    }

    internal sealed class FetchPart
    {
        public string? Npm { get; set; }
        public string? Version { get; set; }
        public string? Resource { get; set; }
        public string? Sha256 { get; set; }
        public int Size { get; set; }
    }
}
