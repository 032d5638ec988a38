using Espresso.Manifests;
using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Coordinator.Registry;

/// <summary>A process that has joined, and what is known of its load. Lives from its lease's start until its last call has ended.</summary>
internal sealed class Replica
{
    private readonly Lock _gate = new();
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;
    private int _inFlight;
    private int _peak;
    private bool _retired;
    private volatile Load _load = new();
    private volatile int _foreign;
    private volatile bool _draining;

    /// <param name="manifest">Of a minion's package; null: a preprocessor.</param>
    public Replica(string id, Uri address, Manifest? manifest, string device)
    {
        (Id, Address, Manifest, Device) = (id, address, manifest, device);
        _channel = Channels.Open(address);
        _calls = _channel.CreateCallInvoker();
    }

    /// <summary>Of the process's life: a restarted one has another.</summary>
    public string Id { get; }

    public Uri Address { get; }

    public Manifest? Manifest { get; }

    public string Device { get; }

    /// <summary>Items it holds at the most before it refuses.</summary>
    public int MaxPending => Manifest?.Serving.MaxPending ?? int.MaxValue;

    /// <summary>The last report.</summary>
    public Load Load => _load;

    public bool Draining => _draining;

    /// <summary>Calls from here that are running.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>What others had pending there at the last report: other coordinators, direct callers.</summary>
    public int ForeignPending => _foreign;

    /// <summary>Accepted and unfinished work there, as well as it can be known here.</summary>
    /// <remarks>
    /// Own calls are counted at once, without waiting for a report. A report tells of a moment ago, so only what exceeds the most that ran from
    /// here since the report before is surely others' work: rather too little than a phantom that refuses requests until the next report.
    /// </remarks>
    public int Pending => InFlight + ForeignPending;

    /// <returns>True when the replica began or ceased to drain.</returns>
    public bool Report(Load load, bool draining)
    {
        _load = load;
        lock (_gate)
        {
            _foreign = Math.Max(0, (int)Math.Min(load.Pending, int.MaxValue) - _peak);
            _peak = _inFlight;
            var changed = _draining != draining;
            _draining = draining;
            return changed;
        }
    }

    /// <summary>Counts a call in; false once the replica drains or is retired. Every success is followed by one <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_retired || _draining)
                return false;
            _inFlight++;
            _peak = Math.Max(_peak, _inFlight);
            return true;
        }
    }

    public void Exit()
    {
        lock (_gate)
        {
            _inFlight--;
            CloseWhenUnused();
        }
    }

    /// <summary>No new calls from now on; running ones finish or fail by themselves, then the connections close.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            if (_retired)
                return;
            _retired = true;
            CloseWhenUnused();
        }
    }

    /// <summary>One call; the caller has entered.</summary>
    public async Task<TReply> Call<TRequest, TReply>(Method<TRequest, TReply> method, TRequest request, CallOptions options)
        where TRequest : class
        where TReply : class
    {
        using var call = _calls.AsyncUnaryCall(method, host: null, options, request);
        return await call.ResponseAsync;
    }

    public override string ToString() => $"{Id} at {Address.Authority}";

    private void CloseWhenUnused()
    {
        if (_retired && _inFlight == 0)
            _channel.Dispose();
    }
}
