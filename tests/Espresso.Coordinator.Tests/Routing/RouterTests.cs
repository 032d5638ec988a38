using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class RouterTests
{
    private readonly TestRegistry _registry = new();

    [Fact]
    public void Replica_WithTheLeastPending_IsTaken()
    {
        var busy = _registry.Join(Packages.Depth());
        var idle = _registry.Join(Packages.Depth());
        _registry.Report(busy, pending: 5);
        _registry.Report(idle, pending: 3);
        for (var i = 0; i < 2; i++)
            Router.Enter([busy, idle], except: null).ShouldBe(idle);
        (busy.Pending, idle.Pending).ShouldBe((5, 5));
    }

    [Fact]
    public void Pending_ReportedOfOwnCalls_IsNotCountedTwice()
    {
        var replica = _registry.Join(Packages.Depth());
        Router.Enter([replica], except: null);
        Router.Enter([replica], except: null);
        _registry.Report(replica, pending: 2);
        replica.Pending.ShouldBe(2);
    }

    [Fact]
    public void Pending_ReportedOfOwnCallsThatHaveEnded_IsNoPhantom()
    {
        var replica = _registry.Join(Packages.Depth());
        Router.Enter([replica], except: null);
        replica.Exit();
        _registry.Report(replica, pending: 1); // on its way when the call ended
        replica.Pending.ShouldBe(0);
        _registry.Report(replica, pending: 1); // half a second later it is somebody else's
        replica.Pending.ShouldBe(1);
    }

    [Fact]
    public void Replicas_Equal_AreTakenByChance()
    {
        var replicas = new[] { _registry.Join(Packages.Depth()), _registry.Join(Packages.Depth()) };
        var taken = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var replica = Router.Enter([.. replicas], except: null)!;
            taken.Add(replica.Id);
            replica.Exit();
        }

        taken.Count.ShouldBe(2);
    }

    [Fact]
    public void Replica_TriedOrGoneOrDraining_IsNotTaken()
    {
        var tried = _registry.Join(Packages.Depth());
        var gone = _registry.Join(Packages.Depth());
        var draining = _registry.Join(Packages.Depth());
        _registry.Registry.Leave(gone, "test");
        _registry.Report(draining, draining: true);
        Router.Enter([tried, gone, draining], except: tried).ShouldBeNull();
    }
}
