using System.Net;
using System.Threading.Channels;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Lifecycle;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Protos.Registry;
using Espresso.TestKit;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Coordinator.Tests.Registry;

public sealed partial class LeaseServiceTests : IDisposable
{
    private static readonly TimeSpan Expiry = TimeSpan.FromMilliseconds(5000);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    private readonly FakeTime _time = new();
    private readonly CoordinatorOptions _options = new();
    private readonly CoordinatorMetrics _metrics = new();
    private readonly TestRegistry _registry;
    private readonly RequestGate _gate;
    private readonly Drain _drain;
    private readonly TrafficBook _traffic;
    private readonly LeaseService _service;
    private readonly Reports _reports = new();
    private readonly Grants _grants = new();
    private readonly LogLines _log = new();

    public LeaseServiceTests()
    {
        var logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _registry = new TestRegistry(_time, _options, new Logger<ReplicaRegistry>(logging));
        _gate = new RequestGate(_options, _metrics);
        _drain = new Drain(_gate, new HealthState(), _options, _time, NullLogger<Drain>.Instance);
        _traffic = new TrafficBook(_time, NullLogger<TrafficBook>.Instance);
        _service = new LeaseService(_registry.Registry, _gate, _traffic, _options, _drain, _time, new Logger<LeaseService>(logging));
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
    public async Task Lease_WithoutReports_WhileThisProcessStoodStill_HasAReportIntervalMore()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        await _time.WhenDueIn(Expiry);
        _time.Pause(TimeSpan.FromMilliseconds(6000));
        await _time.WhenDueIn(ReportInterval);
        _registry.Now.Models["depth"].Default.ShouldNotBeNull();
        await Report(new LeaseReport { Load = new Load() });

        await _time.WhenDueIn(Expiry);
        _time.Pause(TimeSpan.FromMilliseconds(6000));
        await _time.WhenDueIn(ReportInterval);
        _time.Advance(TimeSpan.FromMilliseconds(499));
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_WhoseLaterOneOfTheSameProcessEnds_EndsToo(bool isMinion)
    {
        var registration = isMinion ? Minion() : Preprocessor();
        var lease = Hold(registration);
        await _grants.Next();
        var (laterReports, laterGrants) = (new Reports(), new Grants());
        laterReports.Send(new LeaseReport { Registration = registration, Load = new Load() });
        var later = _service.Hold(laterReports, laterGrants, IPAddress.Loopback, CancellationToken.None);
        await laterGrants.Next();
        await Report(new LeaseReport { Load = new Load() });
        lease.IsCompleted.ShouldBeFalse();

        laterReports.End();
        await later;
        (await Task.WhenAny(lease, Report(new LeaseReport { Load = new Load() }))).ShouldBe(lease, "or its process would think itself in");
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

    [Fact]
    public async Task Lease_NobodyAnswersAtItsAddress_IsToldAtOnce()
    {
        var lease = Hold(new Registration { Id = "one", Host = "127.0.0.1", Port = 1, Preprocessor = new PreprocessorRole { Workers = 1 } });

        await _log.Said("Warning: one at 127.0.0.1:1 has joined, but nobody answers there");
        _reports.End();
        await lease;
    }

    private static Registration Minion() => new() { Id = "one", Port = 7000, Minion = new MinionRole { Manifest = Packages.Depth(), Device = "cpu" } };

    private static Registration Preprocessor() => new() { Id = "two", Port = 7000, Preprocessor = new PreprocessorRole { Workers = 1 } };

    private ReplicaPool Pool(bool isMinion) => isMinion ? _registry.Now.Models["depth"].Versions[0].Pool : _registry.Now.PreprocessorPool;

    private Task Hold(Registration? registration, IPAddress? peer = null, TrafficState? traffic = null)
    {
        _reports.Send(new LeaseReport { Registration = registration, Load = new Load(), Traffic = traffic });
        return _service.Hold(_reports, _grants, peer ?? IPAddress.Loopback, CancellationToken.None);
    }

    private Task SendDraining() => Report(new LeaseReport { Load = new Load(), Draining = true });

    private Task Report(TrafficState traffic) => Report(new LeaseReport { Load = new Load(), Traffic = traffic });

    /// <returns>Done when the report has been taken in.</returns>
    private async Task Report(LeaseReport report)
    {
        _reports.Send(report);
        await _reports.WhenTaken();
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
        private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();

        private int _sent;
        private int _asks;

        public LeaseReport Current { get; private set; } = new();

        public void Send(LeaseReport report)
        {
            _sent++;
            _reports.Writer.TryWrite(report).ShouldBeTrue();
        }

        public void End() => _reports.Writer.Complete();

        public void Break() => _reports.Writer.Complete(new IOException("the client reset the stream"));

        /// <summary>Who asks for the next one has taken in all before it.</summary>
        public async Task WhenTaken()
        {
            for (; _asks <= _sent; _asks++)
                await _asked.Reader.ReadAsync();
        }

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            _asked.Writer.TryWrite(true);
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

        public Task WriteAsync(LeaseGrant message, CancellationToken cancellationToken) => _grants.Writer.WriteAsync(message, cancellationToken).AsTask();

        public Task<LeaseGrant> Next() => _grants.Reader.ReadAsync().AsTask();
    }
}
