using Espresso.TestKit;

namespace Espresso.Common.Tests.Leases;

/// <content>How a member goes: told, let go, finished.</content>
public sealed partial class LeaseTests
{
    [Fact]
    public async Task Stop_WorkInFlight_IsToldConfirmedFinishedAndThenEnds()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember { Pending = 2 };
        var app = await Member(member, await Coordinator(registry));
        var session = await Joined(registry);
        await session.Report();

        var stop = app.StopAsync();
        (await session.Report()).Draining.ShouldBeTrue();
        await session.Grant(traffic: Traffic(1)); // not that it has let go
        member.IsIdleAsked.ShouldBeFalse(); // it may still send work
        await session.Grant(released: true);
        await member.IdleAsked;
        session.IsEnded.ShouldBeFalse();
        stop.IsCompleted.ShouldBeFalse();
        member.SetIdle();

        await stop.WaitAsync(Patience.Limit);
        await session.Ended;
        await _log.Said("drained");
    }

    [Fact]
    public async Task Stop_AfterALeaseThatEndedAndCameBack_WaitsForTheReleaseAllTheSame()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember();
        var app = await Member(member, await Coordinator(registry));
        (await Joined(registry)).End();
        await _log.Said("trying again");
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));
        var session = await registry.Next();
        await session.Report();
        await Waiting(AtRest);
        _time.Advance(TimeSpan.FromSeconds(1));
        await session.Report(); // the second one: it has seen the grant

        var stop = app.StopAsync();
        while (!(await session.Report()).Draining)
        {
        }

        await session.Grant(traffic: Traffic(1));
        member.IsIdleAsked.ShouldBeFalse();
        await session.Grant(released: true);
        await member.IdleAsked;
        member.SetIdle();
        await stop.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Stop_AnotherCoordinatorAppearsMeanwhile_IsNotJoined()
    {
        var (left, right) = (new FakeRegistry(), new FakeRegistry());
        var member = new FakeMember();
        var options = new TestOptions { Coordinators = await Coordinator(left), DrainSeconds = 60 };
        var app = await Member(member, options);
        var session = await Joined(left);
        await session.Report();

        var stop = app.StopAsync();
        (await session.Report()).Draining.ShouldBeTrue();
        options.Coordinators += $",{await Coordinator(right)}";
        await Waiting(AtRest + 1); // the drain's limit, too
        _time.Advance(TimeSpan.FromSeconds(6)); // the names are looked at again
        await Waiting(AtRest + 1);
        member.Descriptions.ShouldBe(1); // a lease begins with one

        await session.Grant(released: true);
        await member.IdleAsked;
        member.SetIdle();
        await stop.WaitAsync(Patience.Limit);
        right.Joined.ShouldBe(0);
    }

    [Fact]
    public async Task Stop_DrainingReportsGoOn_SayDraining()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember();
        var app = await Member(member, await Coordinator(registry));
        var session = await Joined(registry);
        await session.Report();

        var stop = app.StopAsync();
        await session.Report();
        await session.Grant(released: true);
        await member.IdleAsked;
        _time.Advance(TimeSpan.FromSeconds(1));
        (await session.Report()).Draining.ShouldBeTrue();

        member.SetIdle();
        await stop.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Stop_CoordinatorNeverConfirms_GoesOnAfterItsLimit()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember();
        var app = await Member(member, await Coordinator(registry));
        var session = await Joined(registry);
        await session.Report();

        var stop = app.StopAsync();
        await session.Report();
        await Waiting(AtRest + 1); // the drain's limit
        _time.Advance(TimeSpan.FromSeconds(9));
        member.IsIdleAsked.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        await member.IdleAsked;

        await stop.WaitAsync(Patience.Limit);
        await _log.Said("not every coordinator has let go");
    }

    [Fact]
    public async Task Stop_WorkNeverEnds_GoesOnAfterItsLimitAndSaysWhatIsLeft()
    {
        var registry = new FakeRegistry();
        var member = new FakeMember { Pending = 5 };
        var app = await Member(member, await Coordinator(registry));
        var session = await Joined(registry);
        await session.Report();

        var stop = app.StopAsync();
        await session.Report();
        await session.Grant(released: true);
        await member.IdleAsked;
        _time.Advance(TimeSpan.FromSeconds(10));

        await stop.WaitAsync(Patience.Limit);
        await session.Ended;
        await _log.Said("5 items are unfinished after 10 s");
    }

    [Fact]
    public async Task Stop_NobodyJoined_DrainsAllTheSame()
    {
        var member = new FakeMember();
        var app = await Member(member, $"http://127.0.0.1:{FreePort()}");
        await _log.Said("trying again");

        var stop = app.StopAsync();
        await member.IdleAsked;
        member.SetIdle();

        await stop.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Stop_GrantOutstanding_DoesNotWaitForIt()
    {
        var registry = new FakeRegistry { Grants = false };
        var member = new FakeMember();
        var app = await Member(member, await Coordinator(registry));
        var session = await registry.Next();

        var stop = app.StopAsync();
        await member.IdleAsked;
        member.SetIdle();

        await stop.WaitAsync(Patience.Limit);
        await session.Ended;
    }

    [Fact]
    public async Task Stop_NotReadyYet_StopsAtOnce()
    {
        var app = await Member(new FakeMember(ready: false), $"http://127.0.0.1:{FreePort()}");

        await app.StopAsync().WaitAsync(Patience.Limit);
    }
}
