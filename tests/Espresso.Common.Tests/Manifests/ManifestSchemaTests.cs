using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

/// <summary>minions/manifest.schema.json and the reader say the same; npm's ajv judges for the schema.</summary>
public sealed class ManifestSchemaTests
{
    private static readonly string SchemaPath = Path.Combine(Repository.Root, "minions", "manifest.schema.json");
    private static readonly JsonNode Schema = JsonNode.Parse(File.ReadAllText(SchemaPath))!;

    [Fact]
    public async Task Schema_OfFaultlessManifests_FindsNothing()
    {
        string[] texts = [.. Manifests.Select(File.ReadAllText), Yaml.Smallest, Yaml.Full];

        var faults = await Validate(texts);

        for (var i = 0; i < texts.Length; i++)
            faults[i].ShouldBeEmpty(texts[i]);
    }

    [Fact]
    public async Task Schema_OfBrokenManifests_RefusesWhatTheReaderRefuses()
    {
        var faults = await Validate([.. BrokenManifest.All.Select(broken => broken.Text)]);

        for (var i = 0; i < faults.Length; i++)
            (faults[i].Length > 0).ShouldBe(BrokenManifest.All[i].InSchema, $"{BrokenManifest.All[i].Fault}\n{string.Join('\n', faults[i])}");
    }

    [Fact]
    public void Fields_OfTheSchema_AreTheReaders()
    {
        var known = new SortedSet<string>(ManifestReader.FieldsOf(Yaml.Full), StringComparer.Ordinal);

        Fields(Schema, "").Select(field => field.Path).Order(StringComparer.Ordinal).ShouldBe(known);
    }

    [Fact]
    public void Fields_OfTheSchema_AreAllDescribed() =>
        Fields(Schema, "").ShouldAllBe(field => field.Spec["description"]!.GetValue<string>().EndsWith('.'));

    /// <summary>So that an editor completes and checks a package's manifest without being told of the schema.</summary>
    [Fact]
    public void Manifests_OfTheRepository_NameTheSchemaInTheirFirstLine()
    {
        foreach (var path in Manifests)
        {
            var relative = Path.GetRelativePath(Path.GetDirectoryName(path)!, SchemaPath).Replace('\\', '/');
            File.ReadLines(path).First().ShouldBe($"# yaml-language-server: $schema={relative}", path);
        }
    }

    private static IEnumerable<string> Manifests => Repository.Packages.Concat(Repository.Recipes)
        .Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "tests", "Espresso.Benchmarks", "models")).SelectMany(Directory.GetDirectories))
        .Select(folder => Path.Combine(folder, ManifestReader.FileName));

    /// <summary>Every field as the reader writes it, "inputs[].width".</summary>
    private static IEnumerable<(string Path, JsonNode Spec)> Fields(JsonNode at, string path)
    {
        if (at["$ref"]?.GetValue<string>() is { } reference)
            at = Schema["$defs"]![reference.Split('/')[^1]]!;
        foreach (var (name, spec) in at["properties"]?.AsObject() ?? [])
        {
            var field = path.Length == 0 ? name : $"{path}.{name}";
            yield return (field, spec!);
            foreach (var below in Fields(spec!, field).Concat(spec!["items"] is { } items ? Fields(items, field + "[]") : []))
                yield return below;
        }
    }

    private static async Task<string[][]> Validate(string[] texts)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Manifests", "validate.mjs");
        using var process = Process.Start(new ProcessStartInfo("node", [script, SchemaPath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var said = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(texts));
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        (await errors).ShouldBeEmpty();
        return JsonSerializer.Deserialize<string[][]>(await said)!;
    }
}
