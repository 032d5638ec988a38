using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class ReplicaPoolTests
{
    private readonly TestRegistry _registry = new();
    private readonly Random _random = new(3);

    [Fact]
    public void Replica_FailingAgainAndAgain_IsEjectedUnlessItIsTheLast()
    {
        var (one, other) = (_registry.Join(Packages.Depth()), _registry.Join(Packages.Depth()));
        var pool = Pool();
        Fail(pool, one).ShouldBe([false, false, true]);
        Fail(pool, other).ShouldBe([false, false, false]);
        (one.State.Health, other.State.Health).ShouldBe(("ejected", "live"));
        for (var i = 0; i < 20; i++)
            pool.Enter(null, null, TimeSpan.Zero, _random).ShouldBe(other);
    }

    [Fact]
    public void Replica_EjectedAndTheOnlyOneLeft_IsStillAsked()
    {
        var (one, other) = (_registry.Join(Packages.Depth()), _registry.Join(Packages.Depth()));
        Fail(Pool(), one);
        _registry.Registry.Leave(other, "test");
        Pool().Enter(null, null, TimeSpan.Zero, _random).ShouldBe(one);
        Pool().Enter(one.State, null, TimeSpan.Zero, _random).ShouldBeNull();
    }

    [Fact]
    public void Replica_EjectedForItsTime_GetsOneTrial()
    {
        var (one, other) = (_registry.Join(Packages.Depth()), _registry.Join(Packages.Depth()));
        var pool = Pool();
        Fail(pool, one);
        for (var i = 0; i < 5; i++)
            pool.Enter(null, null, TimeSpan.Zero, _random).ShouldBe(other); // is busier now
        var after = TimeSpan.FromSeconds(1);
        pool.Enter(null, null, after, _random).ShouldBe(one);
        one.State.Health.ShouldBe("trial");
        pool.Enter(null, null, after, _random).ShouldBe(other);
        pool.Ended(one.State, CallEnd.Answered, after).ShouldBeFalse();
        one.Exit();
        pool.Enter(null, null, after, _random).ShouldBe(one);
    }

    [Fact]
    public void Replica_Retired_IsPassedOverWithinTheSameMoment()
    {
        var (gone, left) = (_registry.Join(Packages.Depth()), _registry.Join(Packages.Depth()));
        var pool = Pool();
        gone.Retire();
        for (var i = 0; i < 20; i++)
            pool.Enter(null, null, TimeSpan.Zero, _random).ShouldBe(left);
    }

    private static bool[] Fail(ReplicaPool pool, Replica replica) =>
        [.. Enumerable.Range(0, ReplicaHealth.Patience).Select(_ => pool.Ended(replica.State, CallEnd.Failed, TimeSpan.Zero))];

    private ReplicaPool Pool() => _registry.Now.Models["depth"].Versions[0].Pool;
}
