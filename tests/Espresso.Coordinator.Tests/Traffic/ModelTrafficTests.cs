using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;
using Espresso.Manifests;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Traffic;

/// <summary>Who answers, and how a version that does worse loses its place; on a clock of the test's.</summary>
public sealed partial class ModelTrafficTests
{
    private static readonly ModelVersion Old = new(0, 1);
    private static readonly ModelVersion New = new(1, 0);
    private static readonly VersionBudget Budget = new() { LeastRequests = 20, WindowSeconds = 60 };

    private readonly FakeTime _time = new();
    private readonly TestRegistry _registry = TestRegistry.Of(Packages.Depth("0.1"), Packages.Depth("1.0"));
    private readonly ModelTraffic _traffic;

    public ModelTrafficTests() => _traffic = new ModelTraffic("depth", _time);

    private ServedModel Depth => _registry.Now.Models["depth"];

    [Fact]
    public void Default_WithoutPolicy_IsTheHighestAndPinnedIsThePin()
    {
        Chosen().ShouldBe(New);
        _traffic.Set(TrafficPolicy.None with { Default = Old }, "put");
        Chosen().ShouldBe(Old);
    }

    [Fact]
    public void Pin_WithoutReplica_Holds()
    {
        var registry = TestRegistry.Of(Packages.Depth("1.0"));
        registry.Registry.Leave(registry.Join(Packages.Depth("0.1")), "test");
        _traffic.Set(TrafficPolicy.None with { Default = Old }, "put");
        _traffic.Choose(registry.Now.Models["depth"], "x")!.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void Default_ReturnedToAVersionThatIsGoneSince_IsTheHighestAgain()
    {
        var (registry, old) = Returned();
        _traffic.Choose(registry.Now.Models["depth"], "x")!.Key.Version.ShouldBe(Old);

        registry.Registry.Leave(old, "test");
        _traffic.Choose(registry.Now.Models["depth"], "x")!.Key.Version.ShouldBe(New);
    }

    [Fact]
    public void Default_ReturnedAndThenPinnedBySomebody_Holds()
    {
        var (registry, old) = Returned();

        _traffic.Set(TrafficPolicy.None with { Default = Old, Budget = Budget }, "put").ShouldNotBeNull();
        registry.Registry.Leave(old, "test");
        _traffic.Choose(registry.Now.Models["depth"], "x")!.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void Canary_GetsItsPart_TheSameKeysEachTime()
    {
        SetCanary(10);
        var first = Keys().ConvertAll(key => Chosen(key));
        first.Count(version => version == New).ShouldBeInRange(60, 140);
        Keys().ConvertAll(key => Chosen(key)).ShouldBe(first);
    }

    [Fact]
    public void Canary_WithoutReplica_LeavesTheRequestsToTheDefault()
    {
        _traffic.Set(TrafficPolicy.None with { Default = Old, Canary = new Split(new ModelVersion(7, 7), 100) }, "put");
        Chosen().ShouldBe(Old);
    }

    [Fact]
    public void Canary_FailingMore_IsWithdrawnWithTheFigures()
    {
        SetCanary(50);
        Chosen();
        Observe(Old, 100);
        var decisions = Observe(New, 20, failing: 5);
        decisions.ShouldHaveSingleItem().What.ShouldBe("canary 1.0 is withdrawn, 0.1 remains: 5 of 20 requests failed (25.0 %; before 0 of 100, 0.0 %; 2.0 % more are allowed)");
        _traffic.Policy.Canary.ShouldBeNull();
        Keys().ShouldAllBe(key => Chosen(key) == Old);
        _traffic.History[0].By.ShouldBe("budget");
    }

    [Fact]
    public void Canary_Slower_IsWithdrawn()
    {
        SetCanary(50);
        Chosen();
        Observe(Old, 100, milliseconds: 100);
        Observe(New, 20, milliseconds: 90).ShouldBeEmpty(); // to warm up with
        Observe(New, 20, milliseconds: 200).ShouldHaveSingleItem().What.ShouldContain("95 % of answers");
    }

    [Fact]
    public void Canary_AsGood_Stays()
    {
        SetCanary(50);
        Chosen();
        Observe(Old, 500, failing: 5);
        Observe(New, 500, failing: 6).ShouldBeEmpty();
        _traffic.Policy.Canary.ShouldNotBeNull();
    }

    [Fact]
    public void Errors_LongerAgoThanTheWindow_DoNotCount()
    {
        SetCanary(50);
        Chosen();
        Observe(Old, 100);
        Observe(New, 10, failing: 10).ShouldBeEmpty(); // too few
        _time.Advance(TimeSpan.FromSeconds(61));
        Observe(Old, 100);
        Observe(New, 50).ShouldBeEmpty();
    }

    [Fact]
    public void Default_Promoted_ReturnsWhenItDoesWorseThanTheOldOneDid()
    {
        _traffic.Set(TrafficPolicy.None with { Default = Old, Budget = Budget }, "put");
        Chosen();
        Observe(Old, 100, milliseconds: 100);
        _traffic.Set(TrafficPolicy.None with { Default = New, Budget = Budget }, "put");
        Chosen().ShouldBe(New);
        Observe(New, 20, failing: 20).ShouldHaveSingleItem().What.ShouldStartWith("the default returns from 1.0 to 0.1: 20 of 20");
        Chosen().ShouldBe(Old);
        _traffic.Policy.Default.ShouldBe(Old);
        Observe(Old, 100, failing: 100).ShouldBeEmpty(); // and does not go back and forth
    }

    [Fact]
    public void Default_TakenOverByAHigherVersionThatJoins_IsOnTrialAsWell()
    {
        var registry = TestRegistry.Of(Packages.Depth("0.1"));
        _traffic.Set(TrafficPolicy.None with { Budget = Budget }, "put");
        _traffic.Choose(registry.Now.Models["depth"], "x");
        Observe(Old, 100);
        registry.Join(Packages.Depth("1.0"));
        _traffic.Choose(registry.Now.Models["depth"], "x")!.Key.Version.ShouldBe(New);
        Observe(New, 20, failing: 20).ShouldNotBeEmpty();
        _traffic.Choose(registry.Now.Models["depth"], "x")!.Key.Version.ShouldBe(Old);
    }

    [Fact]
    public void Default_ThatHasStoodItsTrial_Stays()
    {
        _traffic.Set(TrafficPolicy.None with { Default = Old, Budget = Budget }, "put");
        Chosen();
        Observe(Old, 100);
        _traffic.Set(TrafficPolicy.None with { Default = New, Budget = Budget }, "put");
        Chosen();
        _time.Advance(TimeSpan.FromSeconds(601));
        Observe(New, 100, failing: 100).ShouldBeEmpty();
        Chosen().ShouldBe(New);
    }

    [Fact]
    public void Default_ColdWhenItTakesOver_IsNotJudgedByItsFirstAnswers()
    {
        TakeOver();
        Observe(New, 20, failing: 5, milliseconds: 5_000, wrong: VersionOutcome.Late).ShouldBeEmpty();
        Observe(New, 200, milliseconds: 100).ShouldBeEmpty();
        Chosen().ShouldBe(New);
        _traffic.Recent[New].Errors.ShouldBe(0);
    }

    [Theory]
    [InlineData(VersionOutcome.Answered, 40)] // slow: when as many have answered again
    [InlineData(VersionOutcome.Late, 40)]     // never in time: the same
    [InlineData(VersionOutcome.Failed, 20)]   // broken: warming up is no excuse
    public void Default_ThatIsReallyWorse_ReturnsInSpiteOfTheAllowance(object outcome, int after)
    {
        TakeOver();
        for (var i = 1; i < after; i++)
            _traffic.Observe(New, (VersionOutcome)outcome, 5_000).ShouldBeNull();
        _traffic.Observe(New, (VersionOutcome)outcome, 5_000).ShouldNotBeNull().What.ShouldContain("the default returns");
        Chosen().ShouldBe(Old);
    }

    [Fact]
    public void Default_ThatWasACanaryBefore_HasNoAllowanceAgain()
    {
        SetCanary(50);
        Chosen();
        Observe(Old, 100, milliseconds: 100);
        Observe(New, 60, milliseconds: 100);
        _traffic.Set(TrafficPolicy.None with { Default = New, Budget = Budget }, "put");
        Chosen().ShouldBe(New);
        Observe(New, 20, milliseconds: 5_000).ShouldHaveSingleItem();
    }

    /// <summary>The new version has failed, and the default has returned to the old one, which may leave.</summary>
    private (TestRegistry Registry, Replica Old) Returned()
    {
        var registry = TestRegistry.Of(Packages.Depth("1.0"));
        var old = registry.Join(Packages.Depth("0.1"));
        _traffic.Set(TrafficPolicy.None with { Default = Old, Budget = Budget }, "put");
        _traffic.Choose(registry.Now.Models["depth"], "x");
        Observe(Old, 20);
        _traffic.Set(TrafficPolicy.None with { Budget = Budget }, "put");
        _traffic.Choose(registry.Now.Models["depth"], "x")!.Key.Version.ShouldBe(New);
        Observe(New, 20, failing: 20).ShouldHaveSingleItem();
        return (registry, old);
    }

    private ModelTraffic TakeOver()
    {
        _traffic.Set(TrafficPolicy.None with { Default = Old, Budget = Budget }, "put");
        Chosen();
        Observe(Old, 100, milliseconds: 100);
        _traffic.Set(TrafficPolicy.None with { Default = New, Budget = Budget }, "put");
        Chosen().ShouldBe(New);
        return _traffic;
    }

    private static List<string> Keys() => [.. Enumerable.Range(0, 1000).Select(i => $"user-{i}")];

    private void SetCanary(double percent) =>
        _traffic.Set(new TrafficPolicy(Old, new Split(New, percent), null, Budget), "put");

    private ModelVersion Chosen(string key = "x") => _traffic.Choose(Depth, key)!.Key.Version;

    private List<TrafficChange> Observe(ModelVersion version, int count, int failing = 0, double milliseconds = 10, VersionOutcome wrong = VersionOutcome.Failed) =>
        [.. Enumerable.Range(0, count).Select(i => _traffic.Observe(version, i >= count - failing ? wrong : VersionOutcome.Answered, milliseconds)).OfType<TrafficChange>()];
}
