using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Protos.Registry;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Registry;

public sealed class ReplicaRegistryTests
{
    private readonly FakeTime _time = new();
    private readonly TestRegistry _registry;

    public ReplicaRegistryTests() => _registry = new TestRegistry(_time);

    [Fact]
    public void Snapshot_Held_DoesNotChange()
    {
        _registry.Join(Packages.Depth());
        var before = _registry.Now;
        _registry.Join(Packages.Segmentation());
        before.Models.Keys.ShouldBe(["depth"]);
        _registry.Now.Models.Keys.ShouldBe(["depth", "segmentation"]);
    }

    [Fact]
    public void Contract_OfASecondReplicaDiffers_IsRefusedAndSaysWhere()
    {
        _registry.Join(Packages.Depth());
        var other = Replica("other", Packages.Depth(input: ", mean: [1, 2, 3]").Replace("name: inverse", "name: inv", StringComparison.Ordinal));
        var refusal = _registry.Registry.Join(other)!;
        refusal.Kind.ShouldBe(FailureKind.Invalid);
        refusal.Message.ShouldContain("input 'image' differs");
        refusal.Message.ShouldContain("output 'inverse' is missing");
        refusal.Message.ShouldContain("output 'inv' is new");
        _registry.Now.Models["depth"].Versions[0].Replicas.Length.ShouldBe(1);
    }

    [Fact]
    public void Contract_OfASecondReplicaIsTheSame_IsTaken()
    {
        var text = Packages.Depth(input: ", mean: [1, 2, 3]");
        _registry.Join(text);
        _registry.Registry.Join(Replica("other", text)).ShouldBeNull();
    }

    [Fact]
    public void Id_JoiningAgain_ReplacesItsFormerSelf()
    {
        var former = _registry.Join(Packages.Depth(), "one");
        var latter = _registry.Join(Packages.Depth(), "one");
        _registry.Now.Models["depth"].Versions[0].Replicas.ShouldBe([latter]);
        former.State.TryEnter(null, 1, TimeSpan.Zero).ShouldBeFalse();
        _registry.Registry.Leave(former, "its stream ended at last");
        _registry.Now.Models["depth"].Versions[0].Replicas.ShouldBe([latter]);
    }

    [Fact]
    public void Id_JoiningAgain_IsNotWeighedByItsFormerSelfsReports()
    {
        var former = _registry.Join(Packages.Depth(maxPending: 8), "one");
        var latter = _registry.Join(Packages.Depth(maxPending: 8), "one");
        for (var i = 0; i < 5; i++)
            latter.State.TryEnter(null, 1, TimeSpan.Zero).ShouldBeTrue();
        _registry.Report(latter, pending: 5);
        _registry.Report(former, pending: 5);
        _registry.Registry.Hear(former, new Load { Pending = 5 });
        Slots().ShouldBe(8);
        _registry.Report(former, draining: true);
        Slots().ShouldBe(8);

        int Slots() => _registry.Now.Models["depth"].Versions[0].Load.Look(new Caller("a", RequestClass.Interactive)).Free;
    }

    [Fact]
    public void Version_WithoutReplicas_IsRememberedForAWhile()
    {
        _registry.Registry.Leave(_registry.Join(Packages.Depth()), "test");
        _registry.Now.Models["depth"].Default.ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(599));
        _registry.Now.Models.ShouldContainKey("depth");
        _time.Advance(TimeSpan.FromSeconds(1));
        _registry.Now.Models.ShouldBeEmpty();
    }

    [Fact]
    public void Version_BackBeforeItIsForgotten_Stays()
    {
        _registry.Registry.Leave(_registry.Join(Packages.Depth()), "test");
        _time.Advance(TimeSpan.FromSeconds(300));
        _registry.Join(Packages.Depth());
        _time.Advance(TimeSpan.FromSeconds(1000));
        _registry.Now.Models["depth"].Default.ShouldNotBeNull();
    }

    [Fact]
    public void Preprocessors_JoinAndLeave()
    {
        var replica = _registry.Join(manifest: null);
        _registry.Now.LivePreprocessors.ShouldBe([replica]);
        _registry.Registry.Leave(replica, "test");
        _registry.Now.Preprocessors.ShouldBeEmpty();
    }

    private static Replica Replica(string id, string manifest) => new(id, new Uri("http://127.0.0.1:9"), Packages.Read(manifest), "cpu");
}
