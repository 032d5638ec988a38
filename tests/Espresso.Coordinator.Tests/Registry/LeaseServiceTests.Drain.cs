using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Tests.Registry;

/// <content>How a replica goes: let go, released when nothing is on its way there.</content>
public sealed partial class LeaseServiceTests
{
    [Fact]
    public async Task Report_ThatDrains_IsConfirmedWhenNoNewWorkGoesThere()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        _reports.Send(new LeaseReport { Load = new Load { Pending = 3 }, Draining = true });
        (await _grants.Next()).Released.ShouldBeTrue();
        var version = _registry.Now.Models["depth"].Versions[0];
        version.Live.ShouldBeEmpty();
        version.Replicas.ShouldHaveSingleItem().Load.Pending.ShouldBe(3u);
        _reports.End();
        await lease;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Drain_OfTheLastOne_LeavesItCallableUntilWhoWasInsideHasLeft(bool isMinion)
    {
        var lease = Hold(isMinion ? Minion() : Preprocessor());
        await _grants.Next();
        _gate.TryEnter(out var request, out _).ShouldBeTrue();
        var confirmed = _grants.Next();
        await SendDraining();
        _gate.TryEnter(out var later, out _).ShouldBeTrue(); // finds nobody to be planned on

        (isMinion ? _registry.Now.Models["depth"].Versions[0].IsLive : !_registry.Now.LivePreprocessors.IsEmpty).ShouldBeFalse();
        var replica = Pool(isMinion).Enter(null, null, TimeSpan.Zero, new Random(1)).ShouldNotBeNull();
        request!.Dispose();
        confirmed.IsCompleted.ShouldBeFalse(); // the call is still running
        replica.Exit();
        (await confirmed).Released.ShouldBeTrue();
        Pool(isMinion).Enter(null, null, TimeSpan.Zero, new Random(1)).ShouldBeNull();
        later!.Dispose();
        _reports.End();
        await lease;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Drain_BesideAnother_IsConfirmedWhenItsOwnCallsHaveEnded(bool isMinion)
    {
        var lease = Hold(isMinion ? Minion() : Preprocessor());
        await _grants.Next();
        var replica = Pool(isMinion).Enter(null, null, TimeSpan.Zero, new Random(1)).ShouldNotBeNull();
        var other = _registry.Join(isMinion ? Packages.Depth() : null);
        _gate.TryEnter(out var request, out _).ShouldBeTrue();
        var confirmed = _grants.Next();
        await SendDraining();
        (replica.Closed.IsCompleted, confirmed.IsCompleted).ShouldBe((false, false));
        Pool(isMinion).Enter(null, null, TimeSpan.Zero, new Random(1)).ShouldBe(other);
        replica.Exit();
        (await confirmed).Released.ShouldBeTrue();
        request!.Dispose();
        _reports.Break(); // which is how a process that ends ends it
        await lease;
        _log.Lines.ShouldContain(line => line.Contains("it has drained"));
    }

    [Fact]
    public async Task Drain_WhoseLeaseEndsMeanwhile_EndsTheLeaseAllTheSame()
    {
        var lease = Hold(Minion());
        await _grants.Next();
        _gate.TryEnter(out var request, out _).ShouldBeTrue();
        await SendDraining();
        _reports.Break();
        await lease;
        _registry.Now.Models["depth"].Versions[0].Replicas.ShouldBeEmpty();
        request!.Dispose();
    }
}
