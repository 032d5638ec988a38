using System.Net;
using System.Net.Sockets;
using Espresso.Leases;
using Espresso.Protos.Registry;
using Espresso.TestKit;
using Espresso.Wire;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espresso.Common.Tests.Leases;

/// <summary>Members and coordinators over real sockets, on a clock that moves when told.</summary>
public sealed partial class LeaseTests : IAsyncDisposable
{
    /// <summary>The timers of a member at rest: the next look at the names, and its report's or its retry's.</summary>
    private const int AtRest = 2;

    private readonly FakeTime _time = new();
    private readonly LogLines _log = new();
    private readonly List<WebApplication> _apps = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var app in Enumerable.Reverse(_apps))
            await app.DisposeAsync();
    }

    [Fact]
    public async Task Join_Ready_RegistersWithIdentityAndAddress()
    {
        var registry = new FakeRegistry();
        var coordinator = await Coordinator(registry);
        var member = await Member(new FakeMember { Pending = 3 }, coordinator);

        var session = await registry.Next();
        var first = await session.Report();

        session.Registration.Id.ShouldNotBeEmpty();
        session.Registration.Host.ShouldBeEmpty();
        session.Registration.Port.ShouldBe((uint)member.Grpc().Port);
        session.Registration.Minion.ShouldBe(new MinionRole { Manifest = "model: depth", Device = "cpu" });
        (first.Load.Pending, first.Draining).ShouldBe((3u, false));
    }

    [Fact]
    public async Task Join_AdvertisedAddress_IsTold()
    {
        var registry = new FakeRegistry();
        var coordinator = await Coordinator(registry);
        await Member(new FakeMember(), new TestOptions { Coordinators = coordinator, AdvertiseHost = "minion-3.depth", AdvertisePort = 4711 });

        var session = await registry.Next();

        (session.Registration.Host, session.Registration.Port).ShouldBe(("minion-3.depth", 4711u));
    }

    [Fact]
    public async Task Join_NotReadyYet_Waits()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember(ready: false) { Pending = 1 };
        await Member(member, await Coordinator(registry));
        registry.Joined.ShouldBe(0);

        member.Pending = 2;
        member.SetReady();

        (await (await registry.Next()).Report()).Load.Pending.ShouldBe(2u);
    }

    [Fact]
    public async Task Report_EveryPeriod_TellsTheLoad()
    {
        var registry = new FakeRegistry { ReportEveryMs = 500 };
        var member = new FakeMember();
        await Member(member, await Coordinator(registry));
        var session = await registry.Next();
        await session.Report();

        for (var i = 1u; i <= 3; i++)
        {
            await Waiting(AtRest);
            member.Pending = i;
            _time.Advance(TimeSpan.FromMilliseconds(500));
            var report = await session.Report();
            (report.Load.Pending, report.Draining, report.Registration).ShouldBe((i, false, null));
        }
    }

    [Fact]
    public async Task Lease_CoordinatorEndsIt_IsJoinedAgain()
    {
        var registry = new FakeRegistry();
        await Member(new FakeMember(), await Coordinator(registry));
        var before = await registry.Next();

        before.End();
        await _log.Said("trying again");
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromMilliseconds(300)); // the first wait is 200 ms, give or take half

        (await registry.Next()).Registration.ShouldBe(before.Registration);
    }

    [Fact]
    public async Task Lease_CoordinatorIsReplaced_IsJoinedAgain()
    {
        var first = new FakeRegistry();
        var coordinator = await Coordinator(first);
        await Member(new FakeMember(), coordinator);
        var before = await first.Next();

        await _apps[0].DisposeAsync();
        await _log.Said("trying again");
        var second = new FakeRegistry();
        await Coordinator(second, new Uri(coordinator).Port);
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));

        (await second.Next()).Registration.Id.ShouldBe(before.Registration.Id);
    }

    [Fact]
    public async Task Lease_EndsWhileAReportIsWritten_IsJoinedAgain()
    {
        var registry = new FakeRegistry();
        var coordinator = await Coordinator(registry);
        var member = new FakeMember();
        await Member(member, coordinator);
        var before = await registry.Next();
        await before.Report();
        using var channel = Channels.Open(new Uri(coordinator));
        var health = new Health.HealthClient(channel);
        member.Reporting = () =>
        {
            member.Reporting = null;
            before.End();
            // Some round trips later the end of the stream has long arrived.
            for (var i = 0; i < 20; i++)
                health.Check(new HealthCheckRequest());
        };

        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _log.Said("trying again");
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));

        (await registry.Next()).Registration.ShouldBe(before.Registration);
    }

    [Fact]
    public async Task Lease_ReportFails_IsJoinedAgain()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember();
        await Member(member, await Coordinator(registry));
        var before = await registry.Next();
        member.Reporting = () =>
        {
            member.Reporting = null;
            throw new InvalidOperationException("no report today");
        };

        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _log.Said("no report today");
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));

        (await registry.Next()).Registration.ShouldBe(before.Registration);
    }

    [Fact]
    public async Task Join_NobodyThere_TriesEverLessOften()
    {
        var recording = new RecordingTime(_time);
        await Member(new FakeMember(), new TestOptions { Coordinators = $"http://127.0.0.1:{FreePort()}" }, recording);

        for (var attempt = 0; attempt < 8; attempt++)
        {
            await Waiting(AtRest);
            var wait = Retries(recording)[attempt].TotalMilliseconds;
            var middle = Math.Min(200 * Math.Pow(2, attempt), 5000);
            wait.ShouldBeInRange(middle / 2, middle * 1.5);
            _time.Advance(TimeSpan.FromMilliseconds(wait));
        }

        _log.Lines.Count(line => line.Contains("trying again")).ShouldBe(1); // said once, not at every try
    }

    [Fact]
    public async Task Join_SeveralCoordinators_HoldsALeaseWithEach()
    {
        var (left, right) = (new FakeRegistry(), new FakeRegistry());
        var addresses = $"{await Coordinator(left)}, {await Coordinator(right)} ,no-address";
        await Member(new FakeMember(), addresses);
        var (first, second) = (await left.Next(), await right.Next());
        await second.Report();

        await _apps[0].DisposeAsync();
        await _log.Said("trying again");
        await Waiting(AtRest + 1);
        _time.Advance(TimeSpan.FromSeconds(1));

        first.Registration.Id.ShouldBe(second.Registration.Id);
        await second.Report();
        second.IsEnded.ShouldBeFalse();
        await _log.Said("'no-address' in --coordinators is no http address");
    }

    [Fact]
    public async Task Join_NameOfNoUse_IsToldOnce()
    {
        await Member(new FakeMember(), "no-address");
        await _log.Said("'no-address'");

        await Waiting(1);
        _time.Advance(TimeSpan.FromSeconds(5));
        await Waiting(1); // it has looked again

        _log.Lines.Count(line => line.Contains("'no-address'")).ShouldBe(1);
    }

    /// <summary>The member's lease, once the member knows of it, too.</summary>
    private async Task<FakeSession> Joined(FakeRegistry registry)
    {
        var session = await registry.Next();
        await _log.Said("joined coordinator");
        return session;
    }

    private Task Waiting(int timers) => _time.WhenWaiting(timers).WaitAsync(Patience.Limit);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static List<TimeSpan> Retries(RecordingTime time) => [.. time.Waits.Where(wait => wait != TimeSpan.FromSeconds(5))];

    private async Task<string> Coordinator(FakeRegistry registry, int port = 0)
    {
        var app = await TestHost.Start(
            new TestOptions { GrpcPort = port }, builder => builder.Services.AddSingleton(registry), app => app.MapGrpcService<FakeRegistry>());
        _apps.Add(app);
        return app.Grpc().ToString();
    }

    private Task<WebApplication> Member(FakeMember member, string coordinators) =>
        Member(member, new TestOptions { Coordinators = coordinators, DrainSeconds = 10 });

    private async Task<WebApplication> Member(FakeMember member, TestOptions options, TimeProvider? time = null)
    {
        var app = await TestHost.Start(options, builder =>
        {
            builder.Logging.AddProvider(_log);
            builder.Services.AddSingleton(time ?? _time).AddSingleton(member).AddLease<FakeMember>(options);
        });
        _apps.Add(app);
        return app;
    }
}
