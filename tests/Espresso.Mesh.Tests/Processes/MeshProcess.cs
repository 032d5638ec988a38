using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Espresso.Mesh.Tests.Processes;

/// <summary>One process, its output line by line, and the ways in which it ends.</summary>
internal sealed partial class MeshProcess : IAsyncDisposable
{
    /// <summary>For whatever is bound to happen; only a test that fails waits so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Linux, all architectures that .NET runs on.
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _silent;

    private MeshProcess(string name, Process process)
    {
        Name = name;
        _process = process;
        Exited = Follow();
    }

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>The exit code, once the process and its output have ended.</summary>
    public Task<int> Exited { get; }

    public bool IsLive => !_process.HasExited;

    public string Output
    {
        get
        {
            lock (_gate)
                return string.Join('\n', _lines);
        }
    }

    /// <param name="folders">Working and temporary folder; nothing else is inherited that could steer the process.</param>
    public static MeshProcess Start(string name, string program, IEnumerable<string> arguments, Folders folders, IReadOnlyDictionary<string, string>? variables)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments, "--exit-with-stdin"])
        {
            WorkingDirectory = folders.Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var inherited in start.Environment.Keys.Where(key => key.StartsWith("ESPRESSO_") || key.StartsWith("OTEL_")).ToList())
            start.Environment.Remove(inherited);
        start.Environment["TMPDIR"] = folders.Temporary;
        foreach (var (key, value) in variables ?? new Dictionary<string, string>())
            start.Environment[key] = value;
        return new MeshProcess(name, Process.Start(start)!);
    }

    public Task<string> Line(string text) => Line(line => line.Contains(text), text);

    /// <summary>The first line of that kind, written or yet to come.</summary>
    public async Task<string> Line(Predicate<string> isMeant, string what = "such line")
    {
        for (var at = 0; ;)
        {
            Task news;
            lock (_gate)
            {
                for (; at < _lines.Count; at++)
                {
                    if (isMeant(_lines[at]))
                        return _lines[at];
                }

                if (_silent)
                    throw new InvalidOperationException($"{Name} ended without '{what}':\n{string.Join('\n', _lines)}");
                news = _news.Task;
            }

            await Bounded(news, $"'{what}'");
        }
    }

    /// <summary>Where it listens, once it does.</summary>
    public async Task<(Uri Grpc, Uri Http)> Listening()
    {
        var match = AddressPattern().Match(await Line(" listening "));
        return (new Uri(match.Groups["grpc"].Value), new Uri(match.Groups["http"].Value));
    }

    /// <summary>Its standard input ends, as when whoever started it is gone.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> End()
    {
        if (IsLive)
            _process.StandardInput.Close();
        await Bounded(Exited, "its end");
        return await Exited;
    }

    /// <summary>SIGTERM; what is in flight may be finished.</summary>
    public void Terminate() => Signal(Id, Sigterm).ShouldBe(0);

    /// <summary>SIGSTOP: it is there, and does nothing any more.</summary>
    public void Freeze() => Signal(Id, Sigstop).ShouldBe(0);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal(Id, Sigcont).ShouldBe(0);

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Bytes that it has ever given to a file system for storing, page cache included.</summary>
    public long BytesStored() =>
        long.Parse(File.ReadLines($"/proc/{Id}/io").Single(line => line.StartsWith("write_bytes: "))["write_bytes: ".Length..]);

    public async ValueTask DisposeAsync()
    {
        if (IsLive)
            _process.Kill();
        await Exited;
        _process.Dispose();
    }

    private async Task Bounded(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{Name}: no {what} for {Patience}:\n{Output}", error);
        }
    }

    private async Task<int> Follow()
    {
        await Task.WhenAll(Read(_process.StandardOutput), Read(_process.StandardError));
        await _process.WaitForExitAsync();
        lock (_gate)
            _silent = true;
        Announce();
        return _process.ExitCode;
    }

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
                _lines.Add(line);
            Announce();
        }
    }

    private void Announce() =>
        Interlocked.Exchange(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    [GeneratedRegex(@" grpc=(?<grpc>\S+) http=(?<http>\S+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AddressPattern();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
