using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Registry;
using Espresso.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>A whole coordinator on real sockets, and a process that plays everybody behind it.</summary>
internal sealed class TestMesh : IAsyncDisposable
{
    private readonly List<FakeProcess> _processes = [];

    private TestMesh(WebApplication app)
    {
        App = app;
        var addresses = app.Services.GetRequiredService<ListeningAddresses>();
        Http = new HttpClient { BaseAddress = addresses.Http };
        GrpcAddress = addresses.Grpc;
        Channel = GrpcChannel.ForAddress(GrpcAddress);
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public Uri GrpcAddress { get; }

    public GrpcChannel Channel { get; }

    /// <summary>The first process, with the preprocessor and the models that the mesh was started with.</summary>
    public FakeProcess Process => _processes[0];

    public RequestGate Gate => App.Services.GetRequiredService<RequestGate>();

    public MeshSnapshot Now => App.Services.GetRequiredService<ReplicaRegistry>().Now;

    public static Task<TestMesh> Start(params string[] manifests) => Start(TimeProvider.System, _ => { }, manifests);

    public static async Task<TestMesh> Start(TimeProvider time, Action<CoordinatorOptions> configure, params string[] manifests)
    {
        var options = new CoordinatorOptions
        {
            GrpcPort = 0,
            HttpPort = 0,
            LeaseExpiryMs = 600_000,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical,
        };
        configure(options);
        var app = Program.Build(options, time, new SeededRandom());
        await app.StartAsync();
        var mesh = new TestMesh(app);
        var process = await mesh.Add();
        await process.JoinAsPreprocessor();
        foreach (var manifest in manifests)
            await process.Join(manifest);
        return mesh;
    }

    public async Task<FakeProcess> Add()
    {
        var process = await FakeProcess.Start(GrpcAddress);
        _processes.Add(process);
        return process;
    }

    public async Task<(HttpResponseMessage Response, JsonElement Json)> Infer(string query, byte[] picture, CancellationToken cancellation = default)
    {
        var response = await Http.PostAsync("/v1/infer" + query, new ByteArrayContent(picture), cancellation);
        return (response, await response.Content.ReadFromJsonAsync<JsonElement>(cancellation));
    }

    /// <summary>Waits for a lease's report to be taken in.</summary>
    public async Task Until(Func<MeshSnapshot, bool> holds)
    {
        while (!holds(Now))
            await Task.Yield();
    }

    /// <summary>What the fake preprocessor said that it encoded.</summary>
    public static string Data(JsonElement json, string model, string output) =>
        Encoding.ASCII.GetString(json.GetProperty("results").GetProperty(model).GetProperty("outputs").GetProperty(output).GetProperty("data").GetBytesFromBase64());

    /// <summary>Nothing is left of any request: the invariant after whatever a test did.</summary>
    public async Task ShouldBeEmpty()
    {
        await Gate.Close();
        Gate.Bytes.ShouldBe(0);
        foreach (var version in Now.Models.Values.SelectMany(model => model.Versions))
        {
            version.Load.Reserved.ShouldBe(0);
            version.Replicas.ShouldAllBe(replica => replica.InFlight == 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Channel.Dispose();
        foreach (var process in _processes)
            await process.DisposeAsync();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
