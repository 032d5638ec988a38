using System.Security.Cryptography;
using Espresso.Cli.Graphs;
using Espresso.Cli.Tests.Commands;
using Espresso.Cli.Tests.Packages;
using Google.Protobuf;

namespace Espresso.Cli.Tests.Checking;

/// <summary>A whole package of a tiny network, to be broken, and the command line to run on it.</summary>
internal sealed class TestPackage : IDisposable
{
    public const string Manifest = """
        model: tiny
        version: "1.0"
        title: Brightness
        network: tiny.onnx
        inputs:
          - { name: image, kind: picture, width: 8, height: 8 }
        outputs:
          - { name: map, kind: map, range: [0, 1] }
        batching: { max: 4 }
        warmup: { budget_ms: 100 }
        requirements: { memory_mb: 400 }
        samples:
          - { image: photo.jpg, expect: { map: map.png }, tolerance: 0.01 }
        provenance: { source: a test, licence: none, sha256: SUM }
        """;

    private readonly TemporaryFolder _root = new();
    private readonly CommandLine _commands = new();

    public TestPackage(string version = "1.0") => Folder = Directory.CreateDirectory(_root[$"tiny/{version}"]).FullName;

    public string Folder { get; }

    public string this[string file] => Path.Combine(Folder, file);

    public static string Repository { get; } = Root();

    public static string Photo { get; } = Path.Combine(Repository, "samples", "espresso.jpg");

    /// <summary>Writes the package with its network's checksum; the expected map is the package's own affair.</summary>
    public TestPackage Write(ModelProto network, string manifest = Manifest) => Write(network.ToByteArray(), manifest);

    public TestPackage Write(byte[] network, string manifest = Manifest)
    {
        File.WriteAllBytes(this["tiny.onnx"], network);
        File.WriteAllText(this["manifest.yaml"], manifest.Replace("SUM", Convert.ToHexStringLower(SHA256.HashData(network))));
        File.Copy(Photo, this["photo.jpg"], overwrite: true);
        return this;
    }

    /// <summary>The same folder under another version.</summary>
    public string Other(string version)
    {
        var other = Directory.CreateDirectory(_root[$"tiny/{version}"]).FullName;
        foreach (var file in Directory.EnumerateFiles(Folder))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        var manifest = Path.Combine(other, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"1.0\"", $"\"{version}\""));
        return other;
    }

    public Task<(int Code, string Output)> Run(params string[] args) => _commands.Run(args);

    public void Dispose()
    {
        _root.Dispose();
        _commands.Dispose();
    }

    /// <summary>A package with code of its own, and the program that serves it.</summary>
    public static (string Folder, string Program) Detector()
    {
        var detector = Path.Combine(Repository, "tests/Espresso.Detector");
        var program = Directory.EnumerateFiles(Path.Combine(detector, "bin"), "Espresso.Detector.dll", SearchOption.AllDirectories)
            .Single(file => file.Contains(AppContext.BaseDirectory.Contains("Release") ? "Release" : "Debug"));
        return (Path.Combine(detector, "detector/0.1"), program);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Espresso.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Espresso.sln above the tests");
        return folder;
    }
}
