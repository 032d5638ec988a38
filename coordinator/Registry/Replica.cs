using Espresso.Coordinator.Routing;
using Espresso.Leases;
using Espresso.Manifests;
using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Espresso.Coordinator.Registry;

/// <summary>A process that has joined: its channel, its address, its manifest. Lives from its lease's start until its last call has ended.</summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link holds nothing to dispose of; the channel closes with the last call.
internal sealed class Replica
#pragma warning restore CA1001
{
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;
    private readonly CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Load _load = new();
    private volatile bool _draining;

    /// <param name="manifest">Of a minion's package; null: a preprocessor.</param>
    /// <param name="staleAfter">After how long a silence its last report is worth less; null: a second and a half.</param>
    public Replica(string id, Uri address, Manifest? manifest, string device, TimeSpan? staleAfter = null)
    {
        (Address, Manifest, Device) = (address, manifest, device);
        State = new ReplicaState(id, manifest?.Serving.MaxPending ?? int.MaxValue, staleAfter);
        _channel = Channels.Open(address);
        _calls = _channel.CreateCallInvoker();
    }

    /// <summary>Of the process's life: a restarted one has another.</summary>
    public string Id => State.Id;

    public Uri Address { get; }

    public Manifest? Manifest { get; }

    public string Device { get; }

    /// <summary>What routing and admission go by.</summary>
    public ReplicaState State { get; }

    /// <inheritdoc cref="ReplicaState.MaxPending"/>
    public int MaxPending => State.MaxPending;

    /// <summary>The lease's last report.</summary>
    public Load Load => _load;

    /// <summary>Cancelled when its lease expires in silence.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>It is in no plan any more. Until it is retired it finishes those that it is in, if nobody else serves the same.</summary>
    public bool Draining => _draining;

    /// <summary>Done when it is retired and its last call has ended: nothing is on its way there, and nothing will be.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Calls from here that are running.</summary>
    public int InFlight => State.InFlight;

    /// <inheritdoc cref="ReplicaState.ForeignPending"/>
    public int ForeignPending => State.ForeignPending;

    /// <inheritdoc cref="ReplicaState.Pending"/>
    public int Pending => State.Pending;

    /// <param name="draining">For good.</param>
    /// <returns>True when the replica has just begun to drain.</returns>
    public bool Report(Load load, bool draining, TimeSpan now)
    {
        if (load.Costs.Count > 0)
            State.Costs = CostModel.Of(load);
        _load = load;
        State.Report(LoadReport.Of(load), now);
        var began = draining && !_draining;
        _draining |= draining;
        return began;
    }

    /// <summary>The end of a call that had entered the <see cref="State"/>.</summary>
    public void Exit()
    {
        if (State.Exit(rows: 1))
            Close();
    }

    /// <summary>No new calls from now on; running ones finish or fail by themselves, then the connections close.</summary>
    public void Retire()
    {
        if (State.Retire())
            Close();
    }

    /// <summary>Its lease has expired in silence: it need not be waited for.</summary>
    public void Lose() => _lost.Cancel();

    /// <summary>One call; the caller has entered.</summary>
    /// <param name="hear">Told of the load that came in the reply's trailers.</param>
    public async Task<TReply> Call<TRequest, TReply>(Method<TRequest, TReply> method, TRequest request, CallOptions options, Action<Replica, Load> hear)
        where TRequest : class
        where TReply : class
    {
        using var call = _calls.AsyncUnaryCall(method, host: null, options, request);
        try
        {
            var reply = await call.ResponseAsync;
            Read(call.GetTrailers(), hear);
            return reply;
        }
        catch (RpcException error)
        {
            Read(error.Trailers, hear);
            throw;
        }
    }

    /// <summary>Asks for its health: opens the connection before the first request needs it, and finds an address that does not lead there.</summary>
    /// <exception cref="RpcException">It cannot be reached, or not any more.</exception>
    public async Task Greet(CancellationToken cancelled)
    {
        using var call = new Health.HealthClient(_calls).CheckAsync(new HealthCheckRequest(), new CallOptions(cancellationToken: cancelled));
        await call;
    }

    public override string ToString() => $"{Id} at {Address.Authority}";

    private void Close()
    {
        _channel.Dispose();
        _closed.TrySetResult();
    }

    private void Read(Metadata trailers, Action<Replica, Load> hear)
    {
        if (trailers.ReadLoad() is { } load)
            hear(this, load);
    }
}
