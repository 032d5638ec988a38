using System.Text;
using Espresso.Cli.Checking;
using Espresso.Cli.Client;
using Espresso.Cli.Packages;
using Espresso.Cli.Tests.Checking;
using Espresso.Cli.Tests.Client;
using Espresso.Cli.Tests.Packages;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands.Model;

/// <summary>Moving the default: against a mesh of the real processes, and against a coordinator that the test plays.</summary>
public sealed class PromoteCommandTests : IDisposable
{
    private const string Budget = "\"budget\":{\"errors\":0.02,\"latency\":1.5,\"window_seconds\":60,\"least_requests\":50}";
    private const string Status = """
        {"models":[{"model":"depth","version":"1.1","is_default":true,"title":"x","replicas":[{"id":"a","address":"a:1"}]},
          {"model":"depth","version":"1.0","is_default":false,"title":"x","replicas":[{"id":"b","address":"b:1"}]},
          {"model":"depth","version":"0.1","is_default":false,"title":"x","replicas":[{"id":"c","address":"c:1","draining":true}]}],"preprocessors":[]}
        """;

    private readonly FakeCoordinator _coordinator = new();
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();

    public void Dispose()
    {
        _coordinator.Dispose();
        _folder.Dispose();
        _commands.Dispose();
    }

    [Fact]
    public async Task PromoteAndRollback_RunningMesh_MoveTheDefaultAfterContractAndSamples()
    {
        using var package = new TestPackage();
        package.Write(Brightness());
        await package.Run("model", "check", package.Folder, "--record");
        var newer = package.Other("1.1");
        var packages = Path.GetDirectoryName(Path.GetDirectoryName(newer))!;
        await using var bench = await Workbench.Start(
            Repository.Locate(), [ModelPackage.Read(package.Folder), ModelPackage.Read(newer)], TimeProvider.System, TestContext.Current.CancellationToken);
        (await Default(bench.Mesh)).ShouldBe("1.1");

        var (code, output) = await _commands.Run("model", "promote", "tiny", "1.0", "--url", $"{bench.Mesh.Address}", "--packages", packages, "--yes");

        code.ShouldBe(0, output);
        output.ShouldContain("contract   as tiny 1.1");
        output.ShouldContain("samples    map of photo.jpg within 0 of map.png");
        output.ShouldContain("the default of tiny is 1.0, before 1.1; back: espresso model rollback tiny");
        (await Default(bench.Mesh)).ShouldBe("1.0");
        var history = (await bench.Mesh.Traffic("tiny", TestContext.Current.CancellationToken)).History;
        history.Select(change => $"{change!["by"]}: {change["what"]}").ShouldContain("promote: default 1.0, no canary, no shadow");

        File.Copy(TestPackage.Photo, Path.Combine(newer, "map.png"), overwrite: true);
        var error = await Should.ThrowAsync<CliException>(_commands.Run("model", "promote", "tiny", "1.1", "--url", $"{bench.Mesh.Address}", "--packages", packages, "--yes"));
        error.Message.ShouldBe("tiny 1.1 is not promoted; --force does it all the same");
        (await Default(bench.Mesh)).ShouldBe("1.0");
        (await _commands.Run("model", "promote", "tiny", "1.1", "--url", $"{bench.Mesh.Address}", "--packages", packages, "--yes", "--force")).Code.ShouldBe(0);
        (await Default(bench.Mesh)).ShouldBe("1.1");

        (await _commands.Run("model", "rollback", "tiny", "--url", $"{bench.Mesh.Address}")).Output.ShouldContain("the default of tiny is 1.0 again, before 1.1");
        (await _commands.Run("model", "rollback", "tiny", "--url", $"{bench.Mesh.Address}")).Output.ShouldContain("the default of tiny is 1.1 again, before 1.0");
        (await Default(bench.Mesh)).ShouldBe("1.1", "it was the highest when all began");
        (await Should.ThrowAsync<CliException>(_commands.Run("model", "rollback", "tiny", "--url", $"{bench.Mesh.Address}"))).Message.ShouldContain("the mesh knows no default of tiny before 1.1");
    }

    /// <summary>The mesh serves a version from another folder than that at hand, which calls its output otherwise.</summary>
    [Fact]
    public async Task Promote_AnswerWithoutAnExpectedOutput_IsAFaultThatForcePasses()
    {
        using var package = new TestPackage();
        package.Write(Brightness());
        await package.Run("model", "check", package.Folder, "--record");
        var newer = package.Other("1.1");
        var packages = Path.GetDirectoryName(Path.GetDirectoryName(newer))!;
        await using var bench = await Workbench.Start(Repository.Locate(), [ModelPackage.Read(newer)], TimeProvider.System, TestContext.Current.CancellationToken);
        var manifest = Path.Combine(newer, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("name: map,", "name: map, as: light,").Replace("expect: { map:", "expect: { light:"));

        var (code, output) = await _commands.Run("model", "promote", "tiny", "1.1", "--url", $"{bench.Mesh.Address}", "--packages", packages, "--yes", "--force");

        code.ShouldBe(0, output);
        output.ShouldContain("FAULT      samples: photo.jpg: the answer has no output 'light'; it has: map");
        output.ShouldContain("the default of tiny is 1.1");
    }

    [Theory]
    [InlineData("1.0", "image: photo.jpg", "image: nothing.jpg", "files: samples[0].image: there is no nothing.jpg")]
    [InlineData("1.0", "", "", "files: samples[0].expect.map: there is no map.png")]
    [InlineData("1.0", "{ map: map.png }", "{ depth: map.png }", "files: samples[0].expect.depth: there is no such output; there are: map")]
    [InlineData("1.0", "model: tiny", "model: [", "contract: ")]
    [InlineData("1.0", "version: \"1.0\"", "version: \"1.2\"", "contract: the manifest in ")]
    [InlineData("1.1", "model: tiny", "model: [", "contract: ")]
    public async Task Promote_PackageThatIsNotWhole_IsAFaultThatForcePasses(string version, string was, string now, string told)
    {
        using var package = new TestPackage(version);
        package.Write(Brightness(), TestPackage.Manifest.Replace("\"1.0\"", $"\"{version}\""));
        if (was.Length > 0)
            File.WriteAllText(package["manifest.yaml"], File.ReadAllText(package["manifest.yaml"]).Replace(was, now));
        foreach (var force in new[] { false, true })
        {
            var run = _commands.Run([
                "model", "promote", "tiny", "1.0", "--yes", "--url", $"{_coordinator.Address}", "--packages", Path.GetDirectoryName(Path.GetDirectoryName(package.Folder))!,
                .. force ? ["--force"] : Array.Empty<string>()]);
            await _coordinator.Serve(Traffic("1.1", "\"1.1\"", "null"));
            await _coordinator.Serve(Status.Replace("depth", "tiny"));
            if (!force)
            {
                (await Should.ThrowAsync<CliException>(run)).Message.ShouldBe("tiny 1.0 is not promoted; --force does it all the same");
                continue;
            }

            await _coordinator.Serve("{}");
            var (code, output) = await run;
            code.ShouldBe(0, output);
            output.ShouldContain($"FAULT      {told}");
        }
    }

    [Fact]
    public async Task Promote_UnpinnedDefault_PinsWhatServedBeforeAndEndsTheCanary()
    {
        var run = Run("promote", "depth", "1.0", "--yes");
        await _coordinator.Serve(Traffic("1.1", "null", "{\"version\":\"1.0\",\"percent\":10}"), tag: "\"a\"");
        await _coordinator.Serve(Status);
        var pin = await _coordinator.Serve("{}", tag: "\"b\"");
        var put = await _coordinator.Serve("{}");

        (await run).Code.ShouldBe(0);
        (pin.Method, pin.Target).ShouldBe(("PUT", "/v1/models/depth/traffic?by=promote"));
        Encoding.UTF8.GetString(pin.Body).ShouldBe($$"""{"default":"1.1","canary":{"version":"1.0","percent":10},"shadow":null,{{Budget}}}""");
        put.Target.ShouldBe(pin.Target);
        (pin.IfMatch, put.IfMatch).ShouldBe(("\"a\"", "\"b\""), "each is decided upon what was read last");
        Encoding.UTF8.GetString(put.Body).ShouldBe($$"""{"default":"1.0","canary":null,"shadow":null,{{Budget}}}""");
    }

    [Fact]
    public async Task Promote_TrafficThatChangedMeanwhile_IsLeftAsItIs()
    {
        var run = Run("promote", "depth", "1.0", "--yes");
        await _coordinator.Serve(Traffic("1.1", "\"1.1\"", "{\"version\":\"1.0\",\"percent\":10}"), tag: "\"a\"");
        await _coordinator.Serve(Status);
        var put = await _coordinator.Serve( // a budget has taken the canary back while the report was read
            """{"reason":"changed_meanwhile","detail":"the traffic has changed"}""", "application/problem+json", 412);

        put.IfMatch.ShouldBe("\"a\"");
        (await Should.ThrowAsync<CliException>(run)).Message.ShouldStartWith("the traffic has changed (HTTP 412, changed_meanwhile");
    }

    [Fact]
    public async Task Promote_NobodyToAsk_NeedsAYes()
    {
        var run = Run("promote", "depth", "1.0");
        await _coordinator.Serve(Traffic("1.1", "\"1.1\"", "null"));
        await _coordinator.Serve(Status);

        (await Should.ThrowAsync<CliException>(run)).Message.ShouldBe("nobody is there to be asked; --yes promotes it");
    }

    [Fact]
    public async Task Promote_InterruptedWhileItAsks_ChangesNothing()
    {
        var run = _commands.Interrupt("model", "promote", "depth", "1.0", "--url", $"{_coordinator.Address}", "--packages", _folder.Path);
        await _coordinator.Serve(Traffic("1.1", "\"1.1\"", "null"));
        await _coordinator.Serve(Status);

        (await run).ShouldContain("make 1.0 the default of depth at ");
    }

    [Theory]
    [InlineData("0.1", "a replica that drains serves nobody new")]
    [InlineData("2.0", "it is not there")]
    public async Task Promote_VersionThatIsNotServed_SaysWhichAre(string version, string because)
    {
        var run = Run("promote", "depth", version, "--yes");
        await _coordinator.Serve(Traffic("1.1", "null", "null"));
        await _coordinator.Serve(Status);

        (await Should.ThrowAsync<CliException>(run)).Message.ShouldBe($"depth {version} is not in the mesh; there are: 1.1, 1.0. espresso minion minions/depth/{version} brings it in", because);
    }

    [Fact]
    public async Task Promote_DefaultAlready_ChangesNothing()
    {
        var run = Run("promote", "depth", "1.1", "--yes");
        await _coordinator.Serve(Traffic("1.1", "\"1.1\"", "null"));
        await _coordinator.Serve(Status);

        (await run).Output.ShouldContain("depth 1.1 is the default already");
    }

    [Theory]
    [InlineData("""{"at":"2026-11-25T04:05:06+00:00","by":"registry","what":"x","serving":"1.1"},{"at":"2026-11-25T04:05:05+00:00","by":"registry","what":"x","serving":"1.0"}""",
        "the default of depth is 1.1, before 1.0; back: espresso model rollback depth")]
    [InlineData("", "the default of depth is 1.1, the first that the mesh knows")]
    public async Task Promote_HighestThatServesUnpinned_IsComparedWithTheOneBeforeAndPinned(string history, string told)
    {
        var run = Run("promote", "depth", "1.1", "--yes");
        await _coordinator.Serve(Traffic("1.1", "null", "null", history));
        await _coordinator.Serve(Status);
        var put = await _coordinator.Serve("{}");

        var (code, output) = await run;
        code.ShouldBe(0, output);
        output.ShouldContain("depth 1.1 serves already, since it is the highest and none is pinned");
        output.ShouldNotContain("as depth 1.1");
        output.ShouldContain(told);
        Encoding.UTF8.GetString(put.Body).ShouldBe($$"""{"default":"1.1","canary":null,"shadow":null,{{Budget}}}""");
    }

    [Fact]
    public async Task Rollback_History_ReturnsToTheDefaultBefore()
    {
        var run = Run("rollback", "depth");
        await _coordinator.Serve(
            Traffic("1.1", "\"1.1\"", "null", """{"at":"2026-11-25T04:05:06+00:00","by":"promote","what":"x","serving":"1.1"},{"at":"2026-11-25T04:05:05+00:00","by":"promote","what":"x","serving":"1.0"}"""),
            tag: "\"a\"");
        await _coordinator.Serve(Status);
        var put = await _coordinator.Serve("{}");

        var (code, output) = await run;
        code.ShouldBe(0);
        output.ShouldContain("the default of depth is 1.0 again, before 1.1");
        (put.Target, put.IfMatch).ShouldBe(("/v1/models/depth/traffic?by=rollback", "\"a\""));
        Encoding.UTF8.GetString(put.Body).ShouldBe($$"""{"default":"1.0","canary":null,"shadow":null,{{Budget}}}""");
    }

    [Fact]
    public async Task Rollback_NoDefaultBefore_SaysHowToName()
    {
        var run = Run("rollback", "depth");
        await _coordinator.Serve(Traffic("1.1", "null", "null"));

        (await Should.ThrowAsync<CliException>(run)).Message.ShouldBe("the mesh knows no default of depth before 1.1; say which: espresso model promote depth VERSION");
    }

    private Task<(int Code, string Output)> Run(string command, string model, params string[] more) =>
        _commands.Run(["model", command, model, .. more, "--url", $"{_coordinator.Address}", .. command == "promote" ? ["--packages", _folder.Path] : Array.Empty<string>()]);

    private static string Traffic(string serving, string pin, string canary, string history = "") =>
        $$$"""{"model":"depth","serving":"{{{serving}}}","policy":{"default":{{{pin}}},"canary":{{{canary}}},"shadow":null,{{{Budget}}} },"recent":{},"shadow":{"runs":0,"failed":0,"skipped":0,"outputs":{} },"history":[{{{history}}}]}""";

    private static async Task<string> Default(MeshClient mesh) =>
        (await mesh.Status(TestContext.Current.CancellationToken)).Models.Single(model => model.IsDefault).Version;
}
