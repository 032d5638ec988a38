using System.Collections.Immutable;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Hosting;
using Status = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Espresso.Hosting;

/// <summary>What this process serves and whether it does now. "" stands for the whole process, which is not serving until it says so.</summary>
public sealed class HealthState
{
    private readonly Lock _gate = new();
    private Snapshot _now = new(ImmutableDictionary<string, Status>.Empty.Add("", Status.NotServing));

    public bool IsServing(string service) => _now.Statuses.TryGetValue(service, out var status) && status == Status.Serving;

    public void Set(bool serving, params ReadOnlySpan<string> services)
    {
        lock (_gate)
        {
            var statuses = _now.Statuses;
            foreach (var service in services)
                statuses = statuses.SetItem(service, serving ? Status.Serving : Status.NotServing);
            var before = Interlocked.Exchange(ref _now, new Snapshot(statuses));
            before.Changed.SetResult();
        }
    }

    internal Snapshot Now => Volatile.Read(ref _now);

    internal sealed record Snapshot(ImmutableDictionary<string, Status> Statuses)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>grpc.health.v1 over <see cref="HealthState"/>.</summary>
[BindServiceMethod(typeof(HealthService), nameof(Bind))]
internal sealed class HealthService(HealthState state, IHostApplicationLifetime lifetime) : Health.HealthBase
{
    /// <summary>Of a message, which is a service's name at the most; gRPC keeps it until the rest has come, for however many who send no more.</summary>
    public const int MostBytes = 4 << 10;

    public static void Bind(ServiceBinderBase binder, Health.HealthBase? service) => Health.BindService(new StrictBinder(binder), service);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        state.Now.Statuses.TryGetValue(request.Service, out var status)
            ? Task.FromResult(new HealthCheckResponse { Status = status })
            : throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, $"no service '{request.Service}' here"));

    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var reply = new HealthListResponse();
        foreach (var (service, status) in state.Now.Statuses)
            reply.Statuses[service] = new HealthCheckResponse { Status = status };
        return Task.FromResult(reply);
    }

    /// <summary>Ends when the process begins to stop: the listeners wait for every open call before they close.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Status? told = null;
        while (true)
        {
            var now = state.Now;
            var status = now.Statuses.GetValueOrDefault(request.Service, Status.ServiceUnknown);
            if (status != told)
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
            told = status;
            try
            {
                await now.Changed.Task.WaitAsync(end.Token);
            }
            catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
