using System.Diagnostics;
using System.Text;
using Espresso.Cli.Commands;
using Espresso.Cli.Tests.Client;
using Espresso.Cli.Tests.Packages;
using Spectre.Console;

namespace Espresso.Cli.Tests.Commands;

/// <summary>Whole command lines, against a coordinator that the test plays.</summary>
public sealed class EspressoCommandTests : IDisposable
{
    private const string Reply = """
        {"id":"7","picture":{"format":"jpeg","width":8,"height":6},
         "results":{"depth":{"model":"depth","version":"0.1","status":"ok",
           "outputs":{"depth":{"kind":"map","media_type":"image/png","width":8,"height":6,"low":0.1,"high":0.9,"data":"AQID"}},
           "timings":{"start_ms":20,"total_ms":70,"queue_ms":0,"compute_ms":60,"encode_ms":10,"call_ms":60,"resample_ms":0,"batch_id":8,"batch_size":1,"release":"device_free"}}},
         "timings":{"total_ms":90,"receive_ms":1,"plan_ms":2,"preprocess_ms":12}}
        """;

    private readonly FakeCoordinator _coordinator = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Interrupts _interrupts = new();
    private readonly StringWriter _output = new();

    public EspressoCommandTests() => File.WriteAllBytes(_folder["photo.jpg"], [1, 2, 3]);

    public void Dispose()
    {
        _coordinator.Dispose();
        _folder.Dispose();
        _interrupts.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task Infer_Photo_WritesFilesAndWaterfall()
    {
        var run = Run("infer", _folder["photo.jpg"], "--url", $"{_coordinator.Address}", "--models", "depth", "--deadline", "500", "--tenant", "search", "--class", "batch", "--out", _folder["out"]);

        var call = await _coordinator.Serve(Reply);

        (await run).ShouldBe(0);
        call.Target.ShouldBe("/v1/infer?models=depth&deadline_ms=500&tenant=search&class=batch");
        call.Body.ShouldBe([1, 2, 3]);
        File.ReadAllBytes(_folder["out/depth.png"]).ShouldBe([1, 2, 3]);
        File.ReadAllText(_folder["out/waterfall.svg"]).ShouldContain("photo.jpg, jpeg 8 × 6");
        _output.ToString().ShouldContain("depth 0.1, 8 × 6, black 0.1 to white 0.9");
        _output.ToString().ShouldContain("batch 1, device free");
    }

    [Fact]
    public async Task Infer_ModelFailed_IsToldAndTheExitCode()
    {
        var run = Run("infer", _folder["photo.jpg"], "--url", $"{_coordinator.Address}", "--out", _folder["out"]);

        await _coordinator.Serve(Reply.Replace("\"status\":\"ok\"", "\"status\":\"deadline\",\"reason\":\"deadline_exceeded\",\"message\":\"too late\""));

        (await run).ShouldBe(1);
        _output.ToString().ShouldContain("depth 0.1: deadline, too late");
        File.Exists(_folder["out/depth.png"]).ShouldBeFalse();
    }

    /// <summary>As a process: the reply goes to standard output as it came, past everything else that is written there.</summary>
    [Theory]
    [InlineData("ok", 0)]
    [InlineData("deadline", 1)]
    public async Task Infer_AsJson_IsTheReplyAsItCameAndTheModelsExitCode(string status, int code)
    {
        var reply = Reply.Replace("\"status\":\"ok\"", $"\"status\":\"{status}\"");
        var start = new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "espresso.dll"), "infer", _folder["photo.jpg"], "--url", $"{_coordinator.Address}", "--format", "json", "--out", _folder["out"]])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await _coordinator.Serve(reply);

        (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe($"{reply}\n");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(code);
        Directory.Exists(_folder["out"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Status_Mesh_IsATableOfItsReplicasIn80Columns()
    {
        var run = Run("status", "--url", $"{_coordinator.Address}");

        var call = await _coordinator.Serve("""
            {"models":[{"model":"segmentation","version":"1.0","is_default":true,"title":"x","replicas":[
               {"id":"a","address":"127.0.0.1:40123","device":"cpu","draining":false,"pending":3,"running":2,"backlog_ms":1,"mean_batch":1.5,
                "instances":2,"done":12345,"failed":0,"dropped":0,"rejected":7,"resident_bytes":160432128}]},
              {"model":"depth","version":"0.1","is_default":true,"title":"x","replicas":[]},
              {"model":"depth","version":"1.0","is_default":false,"canary_percent":12.5,"shadow_percent":100,"title":"x","replicas":[]}],
             "preprocessors":[]}
            """);

        (await run).ShouldBe(0);
        call.Target.ShouldBe("/v1/status");
        var lines = _output.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        lines.ShouldBe([
            "service replica device queue batch done failed refused MB",
            "segmentation 1.0 * 127.0.0.1:40123 cpu×2 2+1 1.5 12345 0 7 153",
            "depth 0.1 * none",
            "depth 1.0 none",
            "preprocessor none",
            "depth 1.0 is a canary on 12.5 %",
            "depth 1.0 is a shadow on 100 %",
            "* default version; queue: running + waiting",
            ""]);
    }

    [Fact]
    public async Task Traffic_WithOptions_ChangesThePolicyThatItRead()
    {
        const string Traffic = """
            {"model":"depth","serving":"0.1","policy":{"default":"0.1","canary":null,"shadow":{"version":"1.0","percent":5},
              "budget":{"errors":0.02,"latency":1.5,"window_seconds":60,"least_requests":50}},
             "recent":{"0.1":{"requests":200,"errors":1,"p95_ms":41.5}},
             "shadow":{"runs":3,"failed":0,"skipped":0,"outputs":{"mask":{"compared":3,"incomparable":0,"mean_difference":0.012345,"largest_difference":1,"agreement":0.99}}},
             "history":[{"at":"2026-11-22T04:05:06+00:00","by":"put","what":"default 0.1"}]}
            """;
        var run = Run("traffic", "depth", "--canary", "1.0:12.5", "--shadow", "none", "--url", $"{_coordinator.Address}");
        (await _coordinator.Serve(Traffic)).Target.ShouldBe("/v1/models/depth/traffic");
        var put = await _coordinator.Serve(Traffic);
        (await run).ShouldBe(0);
        (put.Method, put.Target).ShouldBe(("PUT", "/v1/models/depth/traffic"));
        Encoding.UTF8.GetString(put.Body).ShouldBe(
            """{"default":"0.1","canary":{"version":"1.0","percent":12.5},"shadow":null,"budget":{"errors":0.02,"latency":1.5,"window_seconds":60,"least_requests":50}}""");
        _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe([
            "default  0.1 (pinned)",
            "canary   none",
            "shadow   1.0, 5 %: 3 runs, 0 failed, 0 skipped",
            "recent   0.1: 200 requests, 1 errors, 95 % within 41.5 ms",
            "compared mask: 3 times, mean difference 0.0123, largest 1, agreement 0.99",
            "2026-11-22 04:05:06  put: default 0.1"]);
    }

    [Fact]
    public async Task Traffic_PinnedVersionThatIsGoneAndShadowThatCannotBeCompared_AreToldSo()
    {
        var run = Run("traffic", "depth", "--url", $"{_coordinator.Address}");

        await _coordinator.Serve("""
            {"model":"depth","serving":null,"policy":{"default":"0.1","canary":null,"shadow":{"version":"1.0","percent":100}},"recent":{},
             "shadow":{"runs":20,"failed":1,"skipped":2,"outputs":{"mask":{"compared":0,"incomparable":17,"mean_difference":0,"largest_difference":0}}},"history":[]}
            """);

        (await run).ShouldBe(0);
        _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe([
            "default  0.1 (pinned, and nobody serves it: requests that name no version are refused)",
            "canary   none",
            "shadow   1.0, 100 %: 20 runs, 1 failed, 2 skipped",
            "compared mask: 17 times it could not be: missing, of another size, or no numbers"]);
    }

    [Theory]
    [InlineData("traffic", "depth", "--canary", "1.0")]
    [InlineData("traffic", "depth", "--shadow", "1.0:101")]
    [InlineData("infer", "photo.jpg", "--url", "xyz")]
    [InlineData("infer", "photo.jpg", "--url", "file:///x")]
    [InlineData("infer", "photo.jpg", "--deadline", "0")]
    [InlineData("infer", "photo.jpg", "--format", "xml")]
    [InlineData("infer", "photo.jpg", "--class", "urgent")]
    [InlineData("up", "--http-port", "65536")]
    [InlineData("run")]
    [InlineData("brew")]
    public async Task Run_WrongCommandLine_IsRefused(params string[] args) => (await Run(args)).ShouldBe(1);

    [Fact]
    public async Task Infer_NoSuchPhoto_NamesIt() =>
        (await Should.ThrowAsync<CliException>(Run("infer", "nothing.jpg", "--url", $"{_coordinator.Address}"))).Message.ShouldBe("there is no file nothing.jpg");

    private Task<int> Run(params string[] args)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(_output) });
        console.Profile.Width = 80;
        return EspressoCommand.Run(new CliContext(console, _output, _interrupts, TimeProvider.System), args, TestContext.Current.CancellationToken);
    }
}
