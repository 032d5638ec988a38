using System.Diagnostics;

namespace Espresso.Benchmarks.Serving;

/// <summary>Coordinator, preprocessor and one minion.</summary>
internal sealed class ServedMesh : IAsyncDisposable
{
    private readonly List<ServedProcess> _processes = [];

    public Uri Http => _processes[0].Http;

    public IReadOnlyList<Process> Processes => [.. _processes.Select(process => process.Process)];

    public static async Task<ServedMesh> Start(string folder, params string[] minionOptions)
    {
        var mesh = new ServedMesh();
        try
        {
            var coordinator = await ServedProcess.Start(Programs.Coordinator, "--grpc-port", "0", "--http-port", "0");
            mesh._processes.Add(coordinator);
            string[] join = ["--coordinators", coordinator.Grpc.ToString()];
            foreach (var member in await Task.WhenAll(
                ServedProcess.Start(Programs.Preprocessor, join), ServedProcess.Start(Programs.Minion, [folder, .. join, .. minionOptions])))
            {
                mesh._processes.Add(member);
                await member.Joined();
            }

            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
    }
}
