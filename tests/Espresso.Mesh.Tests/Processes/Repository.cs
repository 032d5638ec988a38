namespace Espresso.Mesh.Tests.Processes;

/// <summary>Where the repository is, seen from the output folder, and what was built beside these tests.</summary>
internal static class Repository
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    public static string Root { get; } = FindRoot();

    public static string Coordinator { get; } = Program("coordinator", "espresso-coordinator");

    public static string Preprocessor { get; } = Program("preprocessor", "espresso-preprocessor");

    public static string Minion { get; } = Program("minions/host", "espresso-minion");

    /// <summary>The example of a minion with code of its own, and its package.</summary>
    public static string Detector { get; } = Program("tests/Espresso.Detector", "Espresso.Detector");

    public static string DetectorPackage { get; } = Path.Combine(Root, "tests/Espresso.Detector/detector/0.1");

    /// <param name="package">Model and version: "depth/0.1".</param>
    public static string Package(string package) => Path.Combine(Root, "minions", package);

    private static string Program(string project, string name) =>
        Path.Combine(Root, project, "bin", Configuration, "net10.0", $"{name}.dll");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Espresso.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout.");
        return folder.FullName;
    }
}
