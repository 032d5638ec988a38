using Espresso.Cli.Packages;
using Espresso.Cli.Processes;

namespace Espresso.Cli;

/// <summary>Where things are in the checkout that this command belongs to, and how its processes are started.</summary>
internal sealed class Repository(string root)
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    // The runtime that runs this program runs the others.
    private static readonly string Dotnet =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    public string Minions => Path.Combine(root, "minions");

    /// <summary>The sample picture.</summary>
    public FileInfo Photo => new(Path.Combine(root, "samples", "espresso.jpg"));

    /// <summary>The folder in ESPRESSO_HOME (the launcher sets it), else the one above this program that looks like a checkout.</summary>
    /// <exception cref="CliException">Neither is one.</exception>
    public static Repository Locate()
    {
        if (Environment.GetEnvironmentVariable("ESPRESSO_HOME") is { Length: > 0 } home)
            return IsCheckout(home) ? new Repository(home) : throw new CliException($"ESPRESSO_HOME={home} is no checkout of Espresso");
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (IsCheckout(folder))
                return new Repository(folder);
        }

        throw new CliException("no checkout of Espresso above this program; set ESPRESSO_HOME");

        static bool IsCheckout(string folder) => Directory.Exists(Path.Combine(folder, "minions")) && File.Exists(Path.Combine(folder, "Espresso.sln"));
    }

    public ProcessSpec Coordinator(int grpcPort, int httpPort) =>
        Spec("coordinator", Built("coordinator", "coordinator"), [], ["--grpc-port", $"{grpcPort}", "--http-port", $"{httpPort}"], joins: false);

    public ProcessSpec Preprocessor(int coordinatorPort) => Spec("preprocessor", Built("preprocessor", "preprocessor"), [], Member(coordinatorPort), joins: true);

    /// <param name="options">Switches of the minion besides those that every member gets.</param>
    public ProcessSpec Minion(ModelPackage package, int coordinatorPort, int replica, IReadOnlyList<string> options) =>
        Minion(package, replica == 1 ? package.Title : $"{package.Title} #{replica}", [.. Member(coordinatorPort), .. options]);

    /// <summary>One in a mesh that somebody else started.</summary>
    public ProcessSpec Minion(ModelPackage package, Uri coordinator) =>
        Minion(package, package.Title, Member(coordinator));

    private static string[] Member(int coordinatorPort) => Member(new Uri($"http://127.0.0.1:{coordinatorPort}"));

    private static string[] Member(Uri coordinator) =>
        ["--coordinators", coordinator.GetLeftPart(UriPartial.Authority), "--grpc-port", "0", "--http-port", "0"];

    private ProcessSpec Minion(ModelPackage package, string title, string[] switches)
    {
        if (package.Program is { } own && !File.Exists(own))
            throw new CliException($"{own} is missing; dotnet build of its project makes it");
        return Spec(title, package.Program ?? Built("minions/host", "minion"), [package.Folder], switches, joins: true);
    }

    private string Built(string project, string name)
    {
        var program = Path.Combine(root, project, "bin", Configuration, "net10.0", $"espresso-{name}.dll");
        return File.Exists(program) ? program : throw new CliException($"{program} is missing; ./espresso builds it, or: dotnet build {project} -c {Configuration}");
    }

    private static ProcessSpec Spec(string title, string program, string[] operands, string[] switches, bool joins) =>
        new(title, Dotnet, [program, .. operands, .. switches, "--exit-with-stdin"], joins);
}
