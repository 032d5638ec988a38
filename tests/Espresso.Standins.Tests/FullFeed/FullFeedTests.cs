using System.Diagnostics;
using System.Text.Json;

namespace Espresso.Standins.Tests.FullFeed;

/// <summary>
/// What a project references with and without FullFeed. Only evaluated: the real packages cannot be restored from the
/// feed that these tests were written on.
/// </summary>
public sealed class FullFeedTests
{
    private static readonly string[] Replaced =
        ["Grpc.Core.Api", "Grpc.Net.Common", "Microsoft.ML.OnnxRuntime", "OpenTelemetry.Extensions.Hosting"];

    [Fact]
    public async Task FullFeed_True_TakesEveryPackageAndNoStandIn()
    {
        var items = await Evaluate(fullFeed: true);

        items.Projects.ShouldBeEmpty();
        items.Packages.Intersect(Replaced).ShouldBe(Replaced, ignoreOrder: true);
        items.Versions.Intersect(Replaced).ShouldBe(Replaced, ignoreOrder: true);
    }

    [Fact]
    public async Task FullFeed_False_TakesEveryStandInAndNoPackage()
    {
        var items = await Evaluate(fullFeed: false);

        items.Projects.ShouldBe(Replaced, ignoreOrder: true);
        items.Packages.Intersect(Replaced).ShouldBeEmpty();
    }

    // This test project imports every props file that has a choice to make.
    private static async Task<Items> Evaluate(bool fullFeed)
    {
        var project = Path.Combine(Repository.Root, "tests", "Espresso.Standins.Tests", "Espresso.Standins.Tests.csproj");
        string[] arguments =
        [
            "msbuild", project, $"-p:FullFeed={fullFeed}", "-getItem:ProjectReference,PackageReference,PackageVersion",
        ];
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, output);

        using var json = JsonDocument.Parse(output);
        var items = json.RootElement.GetProperty("Items");
        return new Items(
            Values(items, "ProjectReference", "Filename"),
            Values(items, "PackageReference", "Identity"),
            Values(items, "PackageVersion", "Identity"));
    }

    private static string[] Values(JsonElement items, string kind, string metadata) =>
        [.. items.GetProperty(kind).EnumerateArray().Select(item => item.GetProperty(metadata).GetString()!)];

    private sealed record Items(string[] Projects, string[] Packages, string[] Versions);
}
