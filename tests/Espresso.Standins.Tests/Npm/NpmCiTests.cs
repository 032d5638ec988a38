using System.Diagnostics;
using System.Runtime.Versioning;

namespace Espresso.Standins.Tests.Npm;

/// <summary>standins/npm-ci.sh in a repository of its own, with an npm that only notes that it was called.</summary>
[SupportedOSPlatform("linux")]
public sealed class NpmCiTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("npm-ci-").FullName;

    public NpmCiTests()
    {
        Directory.CreateDirectory(InRoot("standins"));
        Directory.CreateDirectory(InRoot("bin"));
        File.Copy(Path.Combine(Repository.Root, "standins", "npm-ci.sh"), InRoot("standins/npm-ci.sh"));
        File.WriteAllText(InRoot("package-lock.json"), "first");
        WriteNpm("rm -rf node_modules; mkdir node_modules; echo \"$*\" >> npm.log");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task NodeModules_Missing_AreInstalledOnce()
    {
        (await Run()).ShouldBe(0);
        (await Run()).ShouldBe(0);

        Installations.ShouldHaveSingleItem().ShouldStartWith("ci ");
    }

    [Fact]
    public async Task Lock_Changed_InstallsAgain()
    {
        await Run();
        await File.WriteAllTextAsync(InRoot("package-lock.json"), "second", TestContext.Current.CancellationToken);

        (await Run()).ShouldBe(0);

        Installations.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Builds_SeveralAtOnce_InstallOnce()
    {
        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Run()))).ShouldAllBe(code => code == 0);

        Installations.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Npm_Failing_FailsNowAndIsTriedAgain()
    {
        WriteNpm("mkdir -p node_modules; exit 7");
        (await Run()).ShouldBe(7);

        WriteNpm("mkdir -p node_modules; echo \"$*\" >> npm.log");
        (await Run()).ShouldBe(0);

        Installations.Length.ShouldBe(1);
    }

    private string[] Installations => File.ReadAllLines(InRoot("npm.log"));

    private string InRoot(string path) => Path.Combine(_root, path);

    private void WriteNpm(string body)
    {
        File.WriteAllText(InRoot("bin/npm"), $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(InRoot("bin/npm"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<int> Run()
    {
        var start = new ProcessStartInfo("/bin/sh", [InRoot("standins/npm-ci.sh")])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = $"{InRoot("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
