using System.Threading.Channels;
using Espresso.Protos.Registry;
using Espresso.TestKit;
using Grpc.Core;

namespace Espresso.Common.Tests.Leases;

/// <summary>A coordinator's registry that does only what a test tells it to.</summary>
internal sealed class FakeRegistry : Registry.RegistryBase
{
    private readonly Channel<FakeSession> _sessions = Channel.CreateUnbounded<FakeSession>();
    private int _joined;

    public uint ReportEveryMs { get; init; } = 1000;

    /// <summary>False: whoever joins waits for its grant without end.</summary>
    public bool Grants { get; init; } = true;

    public int Joined => Volatile.Read(ref _joined);

    public async Task<FakeSession> Next() => await _sessions.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public override async Task Lease(IAsyncStreamReader<LeaseReport> requestStream, IServerStreamWriter<LeaseGrant> responseStream, ServerCallContext context)
    {
        var session = new FakeSession(responseStream, new LeaseGrant { Coordinator = "fake", ExpiryMs = 10_000, ReportEveryMs = ReportEveryMs });
        var read = Read(requestStream, session, context);
        await Task.WhenAny(read, session.EndAsked);
        session.SetEnded();
    }

    private async Task Read(IAsyncStreamReader<LeaseReport> stream, FakeSession session, ServerCallContext context)
    {
        try
        {
            while (await stream.MoveNext(context.CancellationToken))
            {
                if (session.Take(stream.Current))
                {
                    Interlocked.Increment(ref _joined);
                    if (Grants)
                        await session.Grant();
                    await _sessions.Writer.WriteAsync(session);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            // the member is gone, or the test has ended the session
        }
    }
}

/// <summary>One member's lease, seen from the coordinator.</summary>
internal sealed class FakeSession(IServerStreamWriter<LeaseGrant> grants, LeaseGrant grant)
{
    private readonly Channel<LeaseReport> _reports = Channel.CreateUnbounded<LeaseReport>();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Registration Registration { get; private set; } = null!;

    public Task EndAsked => _end.Task;

    /// <summary>Completes when either side has ended it.</summary>
    public Task Ended => _ended.Task.WaitAsync(Patience.Limit);

    public bool IsEnded => _ended.Task.IsCompleted;

    public async Task<LeaseReport> Report() => await _reports.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public Task Grant(bool released = false, TrafficState? traffic = null) =>
        grants.WriteAsync(new LeaseGrant(grant) { Released = released, Traffic = traffic });

    /// <summary>The coordinator ends the lease in good order.</summary>
    public void End() => _end.TrySetResult();

    internal void SetEnded() => _ended.TrySetResult();

    /// <returns>True: it is the first report.</returns>
    internal bool Take(LeaseReport report)
    {
        var first = Registration is null;
        Registration ??= report.Registration;
        _reports.Writer.TryWrite(report);
        return first;
    }
}
