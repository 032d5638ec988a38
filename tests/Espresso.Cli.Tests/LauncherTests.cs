using System.Diagnostics;
using System.Runtime.Versioning;
using Espresso.Cli.Tests.Packages;

namespace Espresso.Cli.Tests;

/// <summary>The script at the root, in a checkout of empty folders, with a dotnet that only notes how it was called.</summary>
[SupportedOSPlatform("linux")]
public sealed class LauncherTests : IDisposable
{
    private const string FakeDotnet = """
        #!/bin/sh
        echo "$@" >> "$ESPRESSO_HOME/calls"
        [ "$1" = build ] || exit 0
        [ ! -f "$ESPRESSO_HOME/broken" ] || { echo "/x/A.cs(1,2): error CS1002: ; expected [/x/a.csproj]"; exit 1; }
        for program in cli/:espresso coordinator/:espresso-coordinator preprocessor/:espresso-preprocessor minions/host/:espresso-minion; do
          folder="$ESPRESSO_HOME/${program%%:*}bin/Release/net10.0"
          mkdir -p "$folder"
          : > "$folder/${program##*:}.dll"
        done
        """;

    private readonly TemporaryFolder _home = new();

    public LauncherTests()
    {
        foreach (var folder in new[] { "cli", "common", "coordinator", "minions/host", "preprocessor", "protos", "standins", "tools" })
            Directory.CreateDirectory(_home[folder]);
        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", ".globalconfig", "BannedSymbols.txt", "global.json", "package-lock.json", "cli/A.cs" })
            File.WriteAllText(_home[file], file);
        File.Copy(Path.Combine(Repository(), "espresso"), _home["espresso"]);
        foreach (var tool in new[] { "node", "npm" })
            Script(tool, "#!/bin/sh\n");
        Script("dotnet", FakeDotnet);
    }

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Start_NothingBuilt_BuildsThenRuns()
    {
        var (code, _, told) = await Start("run", "a photo.jpg");

        code.ShouldBe(0);
        told.ShouldContain("building Espresso");
        var calls = Calls();
        calls[^2].ShouldStartWith($"build {_home["cli/build/mesh.slnx"]} --configuration Release");
        calls[^1].ShouldBe($"{_home["cli/bin/Release/net10.0/espresso.dll"]} run a photo.jpg");
    }

    [Fact]
    public async Task Start_Built_OnlyRuns()
    {
        await Start("status");
        File.Delete(_home["calls"]);
        Directory.CreateDirectory(_home["cli/obj"]);
        await File.WriteAllTextAsync(_home["cli/obj/Generated.cs"], "output, no source", TestContext.Current.CancellationToken);

        var (_, _, told) = await Start("status");

        told.ShouldBeEmpty();
        Calls().ShouldBe([$"{_home["cli/bin/Release/net10.0/espresso.dll"]} status"]);
    }

    [Theory]
    [InlineData("cli/A.cs")]
    [InlineData("common/New.cs")]
    [InlineData("Directory.Packages.props")]
    public async Task Start_SourceChanged_BuildsAgain(string file)
    {
        await Start("status");
        await File.WriteAllTextAsync(_home[file], "changed", TestContext.Current.CancellationToken);

        var (_, _, told) = await Start("status");

        told.ShouldContain("building Espresso");
    }

    [Fact]
    public async Task Start_ProgramMissing_BuildsAgain()
    {
        await Start("status");
        File.Delete(_home["minions/host/bin/Release/net10.0/espresso-minion.dll"]);

        (await Start("status")).Error.ShouldContain("building Espresso");
    }

    [Fact]
    public async Task Start_BuildFails_ShowsTheErrorsAndTheLog()
    {
        File.WriteAllText(_home["broken"], "");

        var (code, _, told) = await Start("status");

        code.ShouldBe(1);
        told.ShouldContain("/x/A.cs(1,2): error CS1002: ; expected\n");
        told.ShouldContain(_home["artifacts/build.log"]);
        File.ReadAllText(_home["artifacts/build.log"]).ShouldContain("CS1002");
        Calls()[^1].ShouldStartWith("build ");
    }

    [Theory]
    [InlineData("dotnet", "the .NET 10 SDK")]
    [InlineData("node", "Node.js")]
    public async Task Start_ToolMissing_NamesWhatToInstall(string tool, string what)
    {
        File.Delete(_home[$"tools/{tool}"]);

        var (code, _, told) = await Start("status");

        code.ShouldBe(1);
        told.ShouldStartWith($"espresso: {tool} is missing: install {what}");
    }

    private string[] Calls() => File.ReadAllLines(_home["calls"]);

    private void Script(string name, string text)
    {
        File.WriteAllText(_home[$"tools/{name}"], text);
        File.SetUnixFileMode(_home[$"tools/{name}"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Runs the script with a PATH of the system's small tools and those of the test.</summary>
    private async Task<(int Code, string Output, string Error)> Start(params string[] arguments)
    {
        foreach (var tool in new[] { "bash", "basename", "cat", "cksum", "dirname", "find", "grep", "head", "mkdir", "readlink", "rm", "sed", "sort", "tail" })
        {
            var link = _home[$"tools/{tool}"];
            if (!File.Exists(link))
                File.CreateSymbolicLink(link, File.Exists($"/usr/bin/{tool}") ? $"/usr/bin/{tool}" : $"/bin/{tool}");
        }

        var start = new ProcessStartInfo("/bin/bash", [_home["espresso"], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = _home["tools"];
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Espresso.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no launcher above the tests");
        return folder;
    }
}
