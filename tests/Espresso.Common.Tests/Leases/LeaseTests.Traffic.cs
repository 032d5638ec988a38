using Espresso.Protos.Registry;

namespace Espresso.Common.Tests.Leases;

/// <summary>What members carry from one coordinator to the other.</summary>
public sealed partial class LeaseTests
{
    [Fact]
    public async Task Traffic_OfOneCoordinator_IsToldToTheOtherAndToWhoComesLater()
    {
        var (left, right) = (new FakeRegistry(), new FakeRegistry());
        var free = FreePort();
        await Member(new FakeMember(), $"{await Coordinator(left)},{await Coordinator(right)},http://127.0.0.1:{free}");
        var (one, other) = (await left.Next(), await right.Next());
        (await one.Report()).Traffic.ShouldBeNull();
        (await other.Report()).Traffic.ShouldBeNull();

        await one.Grant(traffic: Traffic(1));
        (await other.Report()).Traffic.ShouldBe(Traffic(1));

        var late = new FakeRegistry();
        await Coordinator(late, free);
        await Waiting(AtRest + 2);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await (await late.Next()).Report()).Traffic.ShouldBe(Traffic(1));
        (await one.Report()).Traffic.ShouldBeNull("it need not hear its own word");
    }

    [Fact]
    public async Task Traffic_OlderThanWhatIsKnown_IsToldToNobody()
    {
        var (left, right) = (new FakeRegistry(), new FakeRegistry());
        await Member(new FakeMember(), $"{await Coordinator(left)},{await Coordinator(right)}");
        var (one, other) = (await left.Next(), await right.Next());
        await one.Report();
        await other.Report();

        await one.Grant(traffic: Traffic(2));
        (await other.Report()).Traffic.ShouldBe(Traffic(2));
        await other.Grant(traffic: Traffic(1));
        await other.Grant(traffic: Traffic(3));

        (await one.Report()).Traffic.ShouldBe(Traffic(3));
    }

    private static TrafficState Traffic(ulong revision) => new() { Model = "depth", Revision = revision, AtMs = 7, Coordinator = "a", Policy = "{}" };
}
