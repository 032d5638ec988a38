namespace Espresso.Cli.Tests.Packages;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("espresso-cli-tests-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Adds <c>model/version</c> with a manifest and, if wanted, a network file.</summary>
    public void AddPackage(string model, string version, bool network = true, bool fetched = false, string? needs = null, string? folder = null)
    {
        var place = this[folder ?? $"{model}/{version}"];
        Directory.CreateDirectory(place);
        File.WriteAllText(System.IO.Path.Combine(place, "manifest.yaml"), $"""
            model: {model}
            version: "{version}"
            network: net.onnx
            inputs:
              - name: image
                kind: picture
                width: 8
                height: 8
            {(needs is null ? "" : $"  - {{ name: mask, kind: mask, from: {needs}, width: 8, height: 8 }}")}
            outputs:
              - name: out
                kind: map
                media: png
            {(fetched ? $"fetch: {{ npm: somewhere, version: 1.0.0, resource: net, sha256: {new string('a', 64)}, size: 8 }}" : "")}
            """);
        if (network)
            File.WriteAllBytes(System.IO.Path.Combine(place, "net.onnx"), [1]);
    }
}
