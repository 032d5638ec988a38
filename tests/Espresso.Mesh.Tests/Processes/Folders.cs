namespace Espresso.Mesh.Tests.Processes;

/// <summary>Folders of a mesh's own, so that whatever its processes leave behind is seen.</summary>
internal sealed class Folders : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("espresso-mesh-");

    public string Work => Sub("work");

    public string Temporary => Sub("tmp");

    /// <summary>Every file in both, as it is now.</summary>
    public IReadOnlyList<string> Files() =>
        [.. new[] { Work, Temporary }.SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Order()];

    /// <summary>A copy of a package under another name, as R&amp;D would hand it over: a folder, and nothing else.</summary>
    /// <param name="package">The original: "depth/0.1".</param>
    public string CopyOf(string package, string model, string version)
    {
        var copy = Sub(Path.Combine("minions", model, version));
        foreach (var file in Directory.EnumerateFiles(Repository.Package(package)))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        var manifest = Path.Combine(copy, "manifest.yaml");
        var lines = File.ReadAllLines(manifest).Select(line =>
            line.StartsWith("model:") ? $"model: {model}" : line.StartsWith("version:") ? $"version: \"{version}\"" : line);
        File.WriteAllLines(manifest, lines.ToList());
        return copy;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string Sub(string name) => _root.CreateSubdirectory(name).FullName;
}
