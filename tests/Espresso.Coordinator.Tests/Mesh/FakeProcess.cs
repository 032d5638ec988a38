using Espresso.Hosting;
using Espresso.Protos.Registry;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>A listening process that is a preprocessor, and as many minions as it takes leases for.</summary>
internal sealed class FakeProcess : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _coordinator;
    private readonly List<AsyncDuplexStreamingCall<LeaseReport, LeaseGrant>> _leases = [];

    private FakeProcess(WebApplication app, Uri coordinator)
    {
        _app = app;
        _coordinator = GrpcChannel.ForAddress(coordinator);
    }

    public FakeModels Models => _app.Services.GetRequiredService<FakeModels>();

    public FakePictures Pictures => _app.Services.GetRequiredService<FakePictures>();

    public static async Task<FakeProcess> Start(Uri coordinator)
    {
        var builder = EspressoProcess.CreateBuilder("test", new FakeOptions { LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical });
        builder.Services.AddSingleton<FakeModels>().AddSingleton<FakePictures>();
        var app = builder.Build();
        app.MapGrpcService<FakeModels>();
        app.MapGrpcService<FakePictures>();
        await app.StartAsync();
        return new FakeProcess(app, coordinator);
    }

    public Task JoinAsPreprocessor() => Join(new Registration { Id = "preprocessor", Preprocessor = new PreprocessorRole { Workers = 1 } });

    /// <returns>Done when the coordinator has granted the lease.</returns>
    public Task Join(string manifest) => Join(manifest, []);

    /// <param name="files">The texts of the files that the manifest names.</param>
    public Task Join(string manifest, Dictionary<string, string> files) => Join(new Registration
    {
        Id = $"{Packages.Read(manifest, files.GetValueOrDefault).Name}-{Guid.NewGuid():n}",
        Minion = new MinionRole { Manifest = manifest, Files = { files }, Device = "cpu" },
    });

    /// <summary>Ends all leases, and waits until the coordinator has ended its side of them.</summary>
    public async Task Leave()
    {
        foreach (var lease in _leases)
        {
            await lease.RequestStream.CompleteAsync();
            (await lease.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeFalse();
            lease.Dispose();
        }

        _leases.Clear();
    }

    /// <summary>Says on all leases that it drains.</summary>
    /// <returns>Done when the coordinator has let go of it on each.</returns>
    public async Task<Task> Drain()
    {
        foreach (var lease in _leases)
            await lease.RequestStream.WriteAsync(new LeaseReport { Load = new Load(), Draining = true });
        return Task.WhenAll(_leases.Select(async lease =>
        {
            do
                (await lease.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            while (!lease.ResponseStream.Current.Released);
        }));
    }

    public async ValueTask DisposeAsync()
    {
        _leases.ForEach(lease => lease.Dispose());
        _coordinator.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task Join(Registration registration)
    {
        registration.Port = (uint)_app.Services.GetRequiredService<ListeningAddresses>().Grpc.Port;
        var lease = new Protos.Registry.Registry.RegistryClient(_coordinator).Lease();
        _leases.Add(lease);
        await lease.RequestStream.WriteAsync(new LeaseReport { Registration = registration, Load = new Load() });
        (await lease.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
    }

    private sealed class FakeOptions : ProcessOptions;
}
