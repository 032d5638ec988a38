namespace Espresso.Minions.Tests.Fakes;

/// <summary>Model packages to be served in tests.</summary>
internal static class Packages
{
    /// <summary>For <c>--simulated</c>: a map that is the picture's first channel.</summary>
    public const string Echo = """
        model: echo
        version: "2.5"
        network: none.onnx
        inputs:
          - name: image
            width: 8
            height: 4
        outputs:
          - name: map
            range: [0, 1]
        warmup: { budget_ms: 0 }
        """;

    /// <summary>For <see cref="Networks"/>.</summary>
    public const string Tiny = """
        model: tiny
        version: "1.0"
        network: tiny.onnx
        inputs:
          - name: image
            width: 4
            height: 2
        outputs:
          - name: map
        batching: { max: 4 }
        execution: { instances: 1 }
        """;

    /// <summary>For <see cref="Networks.Kinds"/>.</summary>
    public const string Kinds = """
        model: kinds
        version: "1.0"
        network: tiny.onnx
        inputs:
          - { name: image, width: 4, height: 2 }
        outputs:
          - { name: labels, kind: labels, labels: [red, green, blue] }
          - name: scores
            kind: scores
            scores:
              - { name: red, range: [0, 1], meaning: how red it is }
              - { name: green, range: [0, 1], meaning: how green it is }
              - { name: blue, range: [0, 1], meaning: how blue it is }
          - { name: vector, kind: embedding, size: 3 }
          - { name: words, kind: text, length: 32 }
        batching: { max: 4 }
        execution: { instances: 1 }
        """;

    private static readonly string Root = Made();

    public static string Depth { get; } = Path.Combine(Repository.Root, "minions", "depth", "0.1");

    /// <returns>The folder, which goes with this process.</returns>
    public static string Write(string manifest, byte[]? network = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName;
        File.WriteAllText(Path.Combine(folder, "manifest.yaml"), manifest);
        if (network is not null)
            File.WriteAllBytes(Path.Combine(folder, "tiny.onnx"), network);
        return folder;
    }

    private static string Made()
    {
        var root = Directory.CreateTempSubdirectory("espresso-minion-tests-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }
}
