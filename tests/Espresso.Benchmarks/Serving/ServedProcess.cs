using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Espresso.Benchmarks.Serving;

/// <summary>One of the mesh's programs as a real process, ended with its standard input.</summary>
internal sealed partial class ServedProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    private readonly TaskCompletionSource<(Uri Grpc, Uri Http)> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];

    private ServedProcess(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    public Process Process { get; }

    public Uri Grpc { get; private set; } = null!;

    public Uri Http { get; private set; } = null!;

    /// <summary>Starts a program built beside this one and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not listen in time; the message has its output.</exception>
    public static async Task<ServedProcess> Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments.Concat(["--exit-with-stdin"]))
            start.ArgumentList.Add(argument);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var served = new ServedProcess(process);
        process.Exited += (_, _) => served.Fail("it ended");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        (served.Grpc, served.Http) = await served._listening.Task.WaitAsync(StartLimit);
        return served;
    }

    /// <summary>Completes when it has joined a coordinator.</summary>
    public Task Joined() => _joined.Task.WaitAsync(StartLimit);

    public async ValueTask DisposeAsync()
    {
        Process.StandardInput.Close();
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.Add(line);
        if (ListeningLine().Match(line) is { Success: true } match)
            _listening.TrySetResult((new Uri(match.Groups["grpc"].Value), new Uri(match.Groups["http"].Value)));
        if (line.Contains("joined coordinator", StringComparison.Ordinal))
            _joined.TrySetResult();
    }

    private void Fail(string what)
    {
        lock (_output)
        {
            var error = new InvalidOperationException($"{Process.StartInfo.ArgumentList[0]}: {what}: {string.Join(Environment.NewLine, _output.TakeLast(10))}");
            _listening.TrySetException(error);
            _joined.TrySetException(error);
        }
    }

    [GeneratedRegex(@"listening grpc=(?<grpc>\S+) http=(?<http>\S+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningLine();
}
