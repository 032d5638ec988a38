using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;
using Espresso.Wire;
using Grpc.Net.Client;
using Inference;

namespace Espresso.Minions.Tests.Api;

/// <summary>A real minion on ports of its own. It ends with this process, whatever happens.</summary>
internal sealed partial class MinionProcess : IAsyncDisposable
{
    /// <summary>What a warmed minion has been asked before anybody asks: its first call, by itself.</summary>
    public const int OwnCalls = 1;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<(Uri Grpc, Uri Http)> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MinionProcess(string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "espresso-minion"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ESPRESSO_") || name.StartsWith("OTEL_")).ToList())
            start.Environment.Remove(name);
        _process = Process.Start(start)!;
        Ended = Task.WhenAll(Follow(_process.StandardOutput), Follow(_process.StandardError)).ContinueWith(
            async _ =>
            {
                await _process.WaitForExitAsync();
                _listening.TrySetException(new InvalidOperationException($"the minion has ended:\n{Output}"));
                return _process.ExitCode;
            },
            TaskScheduler.Default).Unwrap();
    }

    /// <summary>The exit code, in the end.</summary>
    public Task<int> Ended { get; }

    public string Output => string.Join('\n', _lines);

    public GrpcChannel Channel { get; private set; } = null!;

    public GRPCInferenceService.GRPCInferenceServiceClient Client { get; private set; } = null!;

    public Uri Grpc => _listening.Task.Result.Grpc;

    /// <summary>Runs it to its end, which is near.</summary>
    public static async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        await using var process = new MinionProcess(arguments);
        process._process.StandardInput.Close();
        return (await process.Ended.WaitAsync(Patience.Limit), process.Output);
    }

    public static async Task<MinionProcess> Start(params string[] arguments)
    {
        var process = new MinionProcess([.. arguments, "--standalone", "--exit-with-stdin"]);
        var (grpc, _) = await process._listening.Task.WaitAsync(Patience.Limit);
        process.Channel = Channels.Open(grpc);
        process.Client = new GRPCInferenceService.GRPCInferenceServiceClient(process.Channel);
        return process;
    }

    /// <summary>A value of /metrics: the sum of all its series.</summary>
    public async Task<double> Metric(string name)
    {
        using var http = new HttpClient { BaseAddress = _listening.Task.Result.Http };
        return (await http.GetStringAsync("/metrics")).Split('\n')
            .Where(line => line.StartsWith(name + "{"))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public async Task<bool> IsReady()
    {
        using var http = new HttpClient { BaseAddress = _listening.Task.Result.Http };
        using var reply = await http.GetAsync("/readyz");
        return reply.IsSuccessStatusCode;
    }

    /// <summary>Waits until a metric has reached a value.</summary>
    public void WaitFor(string metric, double value) => Patience.Until(() => Metric(metric).GetAwaiter().GetResult() >= value);

    /// <summary>Asks it to stop, as a container's runtime does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", _process.Id.ToString()])!.WaitForExit();

    public void CloseInput() => _process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        Channel?.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await Ended;
        _process.Dispose();
    }

    private async Task Follow(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            if (Listening().Match(line) is { Success: true } match)
                _listening.TrySetResult((new Uri(match.Groups["grpc"].Value), new Uri(match.Groups["http"].Value)));
        }
    }

    [GeneratedRegex(@"listening grpc=(?<grpc>\S+) http=(?<http>\S+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}
