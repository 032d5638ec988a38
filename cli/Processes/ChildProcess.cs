using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Espresso.Cli.Processes;

/// <summary>A child of this process. Its standard input is a pipe whose other end is ours, so that it learns of our end, whatever ends us.</summary>
internal sealed partial class ChildProcess : IChildProcess
{
    private const int Sigterm = 15;

    // What a process left behind may keep its output open; the child itself is over then, and nobody waits for that for ever.
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    // Ctrl-C goes to every process of a terminal's foreground group. Children in a session of their own hear of it from us, in order.
    private static readonly string? SessionStarter = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    private readonly Process _process;

    private ChildProcess(Process process, Action<string> line)
    {
        _process = process;
        Exited = Follow(line);
    }

    public int Id => _process.Id;

    public Task<int> Exited { get; }

    public static IChildProcess Start(ProcessSpec spec, Action<string> line)
    {
        var (program, arguments) = SessionStarter is null ? (spec.FileName, spec.Arguments) : (SessionStarter, [spec.FileName, .. spec.Arguments]);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return new ChildProcess(Process.Start(start) ?? throw new Win32Exception($"{spec.FileName} did not start"), line);
    }

    public void Ask()
    {
        if (!_process.HasExited)
            _ = Signal(_process.Id, Sigterm);
    }

    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        _process.Dispose();
    }

    private async Task<int> Follow(Action<string> line)
    {
        var output = Task.WhenAll(Read(_process.StandardOutput, line), Read(_process.StandardError, line));
        await _process.WaitForExitAsync();
        await Task.WhenAny(output, Task.Delay(OutputLimit, TimeProvider.System));
        return _process.ExitCode;
    }

    private static async Task Read(StreamReader reader, Action<string> line)
    {
        await Task.Yield(); // lines come to a constructed object only
        while (await reader.ReadLineAsync() is { } text)
            line(text);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
