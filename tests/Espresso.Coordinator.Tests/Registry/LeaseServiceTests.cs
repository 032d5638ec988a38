using System.Net;
using System.Threading.Channels;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Lifecycle;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Hosting;
using Espresso.Protos.Registry;
using Espresso.TestKit;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Coordinator.Tests.Registry;

public sealed class LeaseServiceTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly CoordinatorOptions _options = new();
    private readonly CoordinatorMetrics _metrics = new();
    private readonly TestRegistry _registry;
    private readonly Drain _drain;
    private readonly LeaseService _service;
    private readonly Reports _reports = new();
    private readonly Grants _grants = new();

    public LeaseServiceTests()
    {
        _registry = new TestRegistry(_time, _options);
        _drain = new Drain(new RequestGate(_options, _metrics), new HealthState(), _options, _time, NullLogger<Drain>.Instance);
        _service = new LeaseService(_registry.Registry, _options, _drain, _time, NullLogger<LeaseService>.Instance);
    }

    public void Dispose()
    {
        _drain.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Lease_WithoutReports_EndsAtItsExpiry()
    {
        var lease = Hold(Minion());
        var grant = await _grants.Next();
        (grant.ExpiryMs, grant.ReportEveryMs).ShouldBe((5000u, 500u));
        _registry.Now.Models["depth"].Default.ShouldNotBeNull();

        await _time.WhenWaiting();
        _time.Advance(TimeSpan.FromMilliseconds(4999));
        _registry.Now.Models["depth"].Default.ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await lease;
        _registry.Now.Models["depth"].Default.ShouldBeNull();
    }

    [Fact]
    public async Task Lease_Ended_TakesTheReplicaOut()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        _reports.End();
        await lease;
        _registry.Now.Models["depth"].Default.ShouldBeNull();
    }

    [Fact]
    public async Task Lease_Broken_TakesTheReplicaOut()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        _reports.Break();
        await lease;
        _registry.Now.Models["depth"].Default.ShouldBeNull();
    }

    [Fact]
    public async Task Report_ThatDrains_IsConfirmedWhenNoNewWorkGoesThere()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        _reports.Send(new LeaseReport { Load = new Load { Pending = 3 }, Draining = true });
        await _grants.Next();
        var version = _registry.Now.Models["depth"].Versions[0];
        version.Live.ShouldBeEmpty();
        version.Replicas.ShouldHaveSingleItem().Load.Pending.ShouldBe(3u);
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Registration_WithoutHost_IsReachedWhereItsLeaseComesFrom()
    {
        var lease = Hold(Minion(), IPAddress.Parse("::ffff:10.1.2.3"));
        await _grants.Next();
        _registry.Now.Models["depth"].Versions[0].Replicas[0].Address.ShouldBe(new Uri("http://10.1.2.3:7000"));
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Registration_WithHost_IsReachedThere()
    {
        var registration = Minion();
        registration.Host = "minion-7.mesh";
        var lease = Hold(registration, IPAddress.IPv6Loopback);
        await _grants.Next();
        _registry.Now.Models["depth"].Versions[0].Replicas[0].Address.ShouldBe(new Uri("http://minion-7.mesh:7000"));
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Registration_Faulty_IsRefusedByName()
    {
        await Refused(null, "registration");
        await Refused(new Registration { Id = "x", Port = 0 }, "port");
        await Refused(new Registration { Id = "x", Port = 1 }, "neither minion nor preprocessor");
        await Refused(new Registration { Id = "x", Port = 1, Host = "a b", Preprocessor = new PreprocessorRole() }, "'a b'");
        await Refused(new Registration { Id = "x", Port = 1, Minion = new MinionRole { Manifest = "model: 7 up" } }, "version: is missing; write major.minor");
    }

    [Fact]
    public async Task Manifest_WithKeysOfALaterVersion_IsTaken()
    {
        var registration = Minion();
        registration.Minion.Manifest += "\nhologram: { depth: 3 }\n";
        var lease = Hold(registration);
        await _grants.Next();
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Coordinator_Stopping_EndsTheLeases()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        await _drain.StoppingAsync(CancellationToken.None);
        await lease;
        _registry.Now.Models["depth"].Default.ShouldBeNull();
    }

    private static Registration Minion() => new() { Id = "one", Port = 7000, Minion = new MinionRole { Manifest = Packages.Depth(), Device = "cpu" } };

    private Task Hold(Registration? registration, IPAddress? peer = null)
    {
        _reports.Send(new LeaseReport { Registration = registration, Load = new Load() });
        return _service.Hold(_reports, _grants, peer ?? IPAddress.Loopback, CancellationToken.None);
    }

    private async Task Refused(Registration? registration, string naming)
    {
        var failure = (await Should.ThrowAsync<FailureException>(Hold(registration))).Failure;
        failure.Kind.ShouldBe(FailureKind.Invalid);
        failure.Message.ShouldContain(naming);
        _registry.Now.Models.ShouldBeEmpty();
    }

    private sealed class Reports : IAsyncStreamReader<LeaseReport>
    {
        private readonly Channel<LeaseReport> _reports = Channel.CreateUnbounded<LeaseReport>();

        public LeaseReport Current { get; private set; } = new();

        public void Send(LeaseReport report) => _reports.Writer.TryWrite(report).ShouldBeTrue();

        public void End() => _reports.Writer.Complete();

        public void Break() => _reports.Writer.Complete(new IOException("the client reset the stream"));

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await _reports.Reader.WaitToReadAsync(cancellationToken))
                return false;
            Current = await _reports.Reader.ReadAsync(cancellationToken);
            return true;
        }
    }

    private sealed class Grants : IServerStreamWriter<LeaseGrant>
    {
        private readonly Channel<LeaseGrant> _grants = Channel.CreateUnbounded<LeaseGrant>();

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(LeaseGrant message) => _grants.Writer.WriteAsync(message).AsTask();

        public Task<LeaseGrant> Next() => _grants.Reader.ReadAsync().AsTask();
    }
}
