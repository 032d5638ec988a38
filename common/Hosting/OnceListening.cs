using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Espresso.Hosting;

/// <summary>A last step of the start, for what can only be done once the listeners are up; the process counts as started after it.</summary>
internal sealed class OnceListening(Func<Uri, CancellationToken, Task> step, ListeningAddresses listening) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await step(listening.OwnGrpc, cancellationToken);
        }
        catch (RpcException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("asked to stop before it had started", error, cancellationToken);
        }
        catch (RpcException error)
        {
            throw new StartupException($"a first call to this process itself failed: {error.Status.Detail}", error);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

public static class OnceListeningRegistration
{
    /// <param name="step">Of a registered singleton: given the address at which this process calls itself over gRPC.</param>
    public static IServiceCollection AddOnceListening<T>(this IServiceCollection services, Func<T, Uri, CancellationToken, Task> step)
        where T : notnull =>
        // AddHostedService takes one of a type, and would drop a second step.
        services.AddSingleton<IHostedService>(provider => new OnceListening(
            (own, cancelled) => step(provider.GetRequiredService<T>(), own, cancelled), provider.GetRequiredService<ListeningAddresses>()));
}
