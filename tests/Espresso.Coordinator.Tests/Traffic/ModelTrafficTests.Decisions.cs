using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Manifests;
using TrafficState = Espresso.Protos.Registry.TrafficState;

namespace Espresso.Coordinator.Tests.Traffic;

/// <summary>What was decided elsewhere: at other coordinators, and in a file.</summary>
public sealed partial class ModelTrafficTests
{
    [Fact]
    public void State_OfAnotherCoordinator_IsTakenWithItsHistoryIfItIsNewer()
    {
        var other = new ModelTraffic("depth", _time);
        other.Set(TrafficPolicy.None with { Default = Old }, "put");
        other.SetByFile(new TrafficPolicy(New, new Split(Old, 7), new Split(new ModelVersion(2, 0), 0.5), Budget), atStart: false);
        _traffic.Set(TrafficPolicy.None with { Default = New }, "put");

        _traffic.Take(other.State!).ShouldNotBeNull();
        _traffic.Policy.ShouldBe(other.Policy);
        _traffic.State.ShouldBe(other.State);
        _traffic.History.Select(change => (change.By, change.Serving)).ShouldBe([("file", New), ("put", (ModelVersion?)Old)]);
        _traffic.Take(other.State!).ShouldBeNull(); // known

        _traffic.Set(TrafficPolicy.None, "put");
        other.Take(_traffic.State!).ShouldNotBeNull();
        other.Policy.ShouldBe(TrafficPolicy.None);
        other.History.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(2, 0, "a", true)]
    [InlineData(0, 9, "z", false)]
    [InlineData(1, 9, "a", true)]
    [InlineData(1, -9, "z", false)]
    [InlineData(1, 0, "\uffff", true)]
    [InlineData(1, 0, "", false)]
    public void State_OfTwo_IsThatOfTheHigherRevisionThenTheLaterThenTheGreaterName(ulong revision, int later, string coordinator, bool taken)
    {
        _traffic.Set(TrafficPolicy.None with { Default = New }, "put");
        var other = new TrafficState(_traffic.State) { Revision = revision, Coordinator = coordinator, Policy = "{}" };
        other.AtMs = (ulong)((long)other.AtMs + later);
        (_traffic.Take(other) is not null).ShouldBe(taken);
        (_traffic.Policy == TrafficPolicy.None).ShouldBe(taken);
    }

    [Fact]
    public void State_ThatIsNoPolicy_ChangesNothing()
    {
        _traffic.Set(TrafficPolicy.None with { Default = Old }, "put");
        var state = _traffic.State!;
        Should.Throw<FailureException>(() => _traffic.Take(new TrafficState(state) { Revision = 9, Policy = "{\"pin\":1}" }));
        _traffic.State.ShouldBe(state);
        _traffic.Policy.Default.ShouldBe(Old);
    }

    [Fact]
    public void Base_HoldsUntilSomebodyDecides_AndIsNoNews()
    {
        _traffic.SetByFile(TrafficPolicy.None with { Default = Old }, atStart: true).ShouldNotBeNull();
        _traffic.State.ShouldBeNull();
        Chosen().ShouldBe(Old);

        var other = new ModelTraffic("depth", _time);
        other.Set(TrafficPolicy.None with { Default = New }, "put");
        _traffic.Take(other.State!).ShouldNotBeNull();
        _traffic.SetByFile(TrafficPolicy.None with { Default = Old }, atStart: true).ShouldBeNull();
        Chosen().ShouldBe(New);
    }

    [Fact]
    public void File_ThatComesToAnotherCoordinatorLater_DoesNotUndoWhatWasDecidedSince()
    {
        var (file, changed) = (new TrafficPolicy(Old, new Split(New, 10), null, Budget), new TrafficPolicy(New, null, null, Budget));
        var other = new ModelTraffic("depth", _time);
        _traffic.SetByFile(file, atStart: false).ShouldNotBeNull();
        other.Take(_traffic.State!);
        _traffic.Set(file with { Canary = null }, "put");
        other.Take(_traffic.State!);

        other.SetByFile(file, atStart: false).ShouldBeNull();
        other.Policy.Canary.ShouldBeNull();

        other.SetByFile(changed, atStart: false).ShouldNotBeNull();
        _traffic.Take(other.State!);
        _traffic.SetByFile(changed, atStart: false).ShouldBeNull();
        _traffic.SetByFile(file, atStart: false).ShouldNotBeNull(); // back again is a change, too
        _traffic.Policy.ShouldBe(file);
    }

    [Fact]
    public void Default_ReturnedAtAnotherCoordinator_IsNotTriedAgainHere()
    {
        var other = new ModelTraffic("depth", _time);
        other.Take(TakeOver().State!);
        other.Choose(Depth, "x")!.Key.Version.ShouldBe(New);
        Observe(New, 20, failing: 20).ShouldHaveSingleItem();

        other.Take(_traffic.State!).ShouldNotBeNull();
        other.Choose(Depth, "x")!.Key.Version.ShouldBe(Old);
        for (var i = 0; i < 200; i++)
            other.Observe(Old, VersionOutcome.Failed, 10).ShouldBeNull();
    }
}
