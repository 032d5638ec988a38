using System.Threading.Channels;
using Espresso.Cli.Client;
using Espresso.Cli.Processes;
using Espresso.Cli.Tests.Checking;
using Espresso.Cli.Tests.Packages;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Commands;

/// <summary>The README's road, with the mesh's own processes: from somebody else's ONNX file to answers, while the mesh runs.</summary>
public sealed class MinionCommandTests : IDisposable
{
    // For what is bound to happen; only a test that fails waits so long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _commands = new();

    public void Dispose()
    {
        _folder.Dispose();
        _commands.Dispose();
    }

    /// <summary>A classifier as an exporter leaves it: a batch of one, also in a reshape, logits, names of its own.</summary>
    [Fact]
    public async Task Minion_ClassifierFromElsewhere_AnswersInAMeshThatRunsAndLeavesIt()
    {
        var network = Of(
            End("pixel_values", "1", 3, 8, 8),
            End("output", "1", 3),
            [Node("GlobalAveragePool", ["pixel_values"], "means"), Node("Reshape", ["means", "shape"], "output")],
            Longs("shape", 1, 3));
        await File.WriteAllBytesAsync(_folder["net.onnx"], network.ToByteArray(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["names.txt"], "red\ngreen\nblue\n", TestContext.Current.CancellationToken);
        var package = _folder["colours/0.1"];
        var (grpc, http) = FreePort.Pair();
        var told = new Told();
        await using var mesh = new Mesh(Restart.Never, TimeSpan.FromSeconds(5), ChildProcess.Start, told, TimeProvider.System);
        mesh.Start(Repository.Locate().Coordinator(grpc, http), 0);
        mesh.Start(Repository.Locate().Preprocessor(grpc), 1);
        await mesh.Ready().WaitAsync(Patience, TestContext.Current.CancellationToken);

        var (code, output) = await _commands.Run(
            "model", "new", "colours", "--from", _folder["net.onnx"], "--into", package, "--labels", _folder["names.txt"],
            "--values", "unit", "--source", "elsewhere", "--licence", "none", "--mend-batch");
        code.ShouldBe(0, output);
        using var interrupt = new CancellationTokenSource();
        var serving = _commands.Run(interrupt.Token, "minion", package, "--coordinator", $"http://127.0.0.1:{grpc}");
        await told.Line(" joined and serves colours@0.1");
        (code, output) = await _commands.Run("infer", TestPackage.Photo, "--models", "colours", "--url", $"http://127.0.0.1:{http}", "--out", _folder["out"]);

        code.ShouldBe(0, output);
        output.ShouldMatch(@"colours 0\.1: red 0\.\d+, green 0\.\d+, blue 0\.\d+", "coffee is brown, and the graph's logits become shares");

        await interrupt.CancelAsync();
        (await serving.WaitAsync(Patience, TestContext.Current.CancellationToken)).Code.ShouldBe(0);
        await told.Line(" of colours@0.1 left: ");
        using var client = new MeshClient(new Uri($"http://127.0.0.1:{http}"));
        (await client.Status(TestContext.Current.CancellationToken)).Models.ShouldNotContain(model => model.Replicas.Any(replica => !replica.Draining));
    }

    /// <summary>No coordinator is needed for it: the network is read first.</summary>
    [Fact]
    public async Task Minion_NetworkThatIsNone_FailsWithTheProcessesLastWords()
    {
        using var package = new TestPackage().Write("no network"u8.ToArray());

        var error = await Should.ThrowAsync<ProcessFallException>(
            _commands.Run("minion", package.Folder, "--coordinator", "http://127.0.0.1:9").WaitAsync(Patience, TestContext.Current.CancellationToken));

        error.Message.ShouldStartWith("tiny 1.0 ended with exit code ");
        error.Fall.LastLines.ShouldContain(line => line.Contains("tiny.onnx"));
    }

    /// <summary>What the processes write, to be waited for.</summary>
    private sealed class Told : IMeshObserver
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public async Task Line(string part)
        {
            while (!(await _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience)).Contains(part))
            {
                // one that came before
            }
        }

        public void Wrote(string process, OutputLine line) => _lines.Writer.TryWrite(line.Text);

        public void Changed(ProcessStatus status)
        {
            // the lines tell enough
        }

        public void Fell(ProcessFall fall) => _lines.Writer.TryComplete(new ProcessFallException(fall));
    }
}
