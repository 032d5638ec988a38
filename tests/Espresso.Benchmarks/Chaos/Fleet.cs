using System.Net;
using System.Net.Sockets;
using Espresso.Benchmarks.Load;
using Espresso.Benchmarks.Overload;
using Espresso.Benchmarks.Serving;

namespace Espresso.Benchmarks.Chaos;

/// <summary>A mesh of several of each, on ports that are known before, so that coordinators can come later.</summary>
internal sealed class Fleet(ChaosOptions options, int coordinators) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(1);

    private readonly List<ServedProcess> _processes = [];
    private readonly List<int> _ports = [.. Enumerable.Range(0, coordinators).Select(_ => FreePort())];
    private int _started;

    public List<ServedProcess> Coordinators { get; } = [];

    public List<ServedProcess> Preprocessors { get; } = [];

    public List<ServedProcess> Minions { get; } = [];

    public async Task<ServedProcess> Coordinator() =>
        await Add(Coordinators, Programs.Coordinator, "--grpc-port", $"{_ports[_started++]}", "--http-port", "0", "--drain-seconds", "10");

    public async Task<ServedProcess> Preprocessor() => await Join(Preprocessors, Programs.Preprocessor);

    public async Task<ServedProcess> Minion(string version) => await Join(
        Minions, Programs.Minion, OverloadBench.Folder(version), "--simulated", options.Simulated, "--max-batch", $"{options.MaxBatch}");

    /// <summary>Waits until a coordinator answers: until everybody has found it.</summary>
    public static async Task Ready(ServedProcess coordinator)
    {
        using var client = new MeshClient([coordinator.Http], "simulated", Pictures.Small(), TimeSpan.FromSeconds(5));
        using var limit = new CancellationTokenSource(ReadyLimit);
        while ((await client.Call()).Answer != Answer.Fine)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
    }

    private async Task<ServedProcess> Join(List<ServedProcess> into, string program, params string[] arguments)
    {
        var process = await Add(into, program, [.. arguments, "--coordinators", string.Join(',', _ports.Select(port => $"http://127.0.0.1:{port}"))]);
        await process.Joined();
        return process;
    }

    private async Task<ServedProcess> Add(List<ServedProcess> into, string program, params string[] arguments)
    {
        var process = await ServedProcess.Start(program, arguments);
        _processes.Add(process);
        into.Add(process);
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
