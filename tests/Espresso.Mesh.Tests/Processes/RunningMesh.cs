using System.Collections.Concurrent;
using Espresso.Mesh.Tests.Client;

namespace Espresso.Mesh.Tests.Processes;

/// <summary>A coordinator and whoever has joined it.</summary>
internal sealed class RunningMesh : IAsyncDisposable
{
    private readonly ConcurrentDictionary<MeshProcess, byte> _members = new();
    private readonly IReadOnlyDictionary<string, string>? _variables;
    private readonly IReadOnlyList<string> _switches;
    private MeshClient? _client;
    private Uri? _coordinators;

    private RunningMesh(IReadOnlyDictionary<string, string>? variables, IReadOnlyList<string> switches) => (_variables, _switches) = (variables, switches);

    public Folders Folders { get; } = new();

    public MeshProcess Coordinator { get; private set; } = null!;

    public MeshClient Client => _client!;

    public Uri Grpc => _coordinators!;

    /// <summary>Coordinators of other meshes that members join as well, from now on.</summary>
    public List<Uri> Others { get; } = [];

    /// <summary>The coordinator and the members that have neither ended nor been dismissed.</summary>
    public IEnumerable<MeshProcess> Processes => [Coordinator, .. _members.Keys];

    /// <param name="grpcPort">0: any free one.</param>
    /// <param name="variables">For the environment of every process.</param>
    /// <param name="switches">For the coordinator.</param>
    public static async Task<RunningMesh> Start(int grpcPort = 0, IReadOnlyDictionary<string, string>? variables = null, params string[] switches)
    {
        var mesh = new RunningMesh(variables, switches);
        await mesh.StartCoordinator(grpcPort);
        return mesh;
    }

    /// <summary>Once more, after the former one has ended.</summary>
    public async Task StartCoordinator(int grpcPort)
    {
        // A busy machine may not get round to a report for seconds; a lease's end is seen at once all the same.
        Coordinator = MeshProcess.Start(
            "coordinator", Repository.Coordinator, ["--grpc-port", $"{grpcPort}", "--http-port", "0", "--lease-expiry-ms", "60000", .. _switches], Folders, _variables);
        (_coordinators, var http) = await Coordinator.Listening();
        _client?.Dispose();
        _client = new MeshClient(http);
    }

    public Task<MeshProcess> StartPreprocessor(params string[] switches) =>
        Join("preprocessor", Repository.Preprocessor, ["--time-limit-seconds", "120", .. switches]);

    /// <param name="folder">The model package.</param>
    public Task<MeshProcess> StartMinion(string folder, params string[] switches) => StartMinionOf(Repository.Minion, folder, switches);

    /// <param name="program">The stock host, or a model's own.</param>
    public Task<MeshProcess> StartMinionOf(string program, string folder, params string[] switches) =>
        Join($"minion {Path.GetRelativePath(Path.Combine(folder, "../.."), folder)}", program, [folder, .. switches]);

    /// <summary>Ends a member in good order; done when the coordinator knows of it.</summary>
    public async Task Dismiss(MeshProcess member)
    {
        (await member.End()).ShouldBe(0, member.Output);
        await Forget(member);
    }

    /// <summary>For a member that ends, or has ended, as the test wanted it; done when the coordinator knows of it.</summary>
    public async Task Forget(MeshProcess member)
    {
        await member.Exited.WaitAsync(MeshProcess.Patience);
        await Coordinator.Line(line => line.Contains($"-{member.Id}-") && line.Contains(" left: "));
        _members.TryRemove(member, out _);
        await member.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            var ended = await Task.WhenAll(_members.Keys.Select(async member => (member, await member.End())));
            var coordinator = (Coordinator, await Coordinator.End());
            foreach (var (process, code) in ended.Append(coordinator))
                code.ShouldBe(0, $"{process.Name} did not end well:\n{process.Output}");
        }
        finally
        {
            foreach (var process in Processes)
                await process.DisposeAsync();
            _client?.Dispose();
            Folders.Dispose();
        }
    }

    private async Task<MeshProcess> Join(string name, string program, string[] arguments)
    {
        var member = MeshProcess.Start(
            name, program, [.. arguments, "--grpc-port", "0", "--http-port", "0", "--coordinators", string.Join(',', [_coordinators!, .. Others])], Folders, _variables);
        _members.TryAdd(member, 0);
        await member.Line("joined coordinator");
        return member;
    }
}
