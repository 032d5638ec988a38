using Espresso.Coordinator.Admission;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class VersionLoadTests
{
    private static readonly CostShape Costs = new(SingleMs: 500, BatchMs: 800, BatchSize: 2, MarginalMs: 400);

    private readonly FakeTime _time = new();
    private readonly VersionLoad _load;

    public VersionLoadTests() => _load = new VersionLoad(_time, TenantWeights.Equal);

    [Fact]
    public void Backlog_Idle_IsNothingAndTheBatchIsOneItem()
    {
        Join("a");

        var look = Look();
        look.BacklogMs.ShouldBe(0);
        look.OwnMs.ShouldBe(500);
        look.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Backlog_UnreportedSlots_CostTheirMarginal()
    {
        Join("a");
        Reserve(3);

        Look().BacklogMs.ShouldBe(3 * 400);
        Look().OwnMs.ShouldBe(800);
    }

    [Fact]
    public void Backlog_SlotsInAReport_AreNotCountedTwice()
    {
        Join("a");
        Reserve(3);
        _load.Report("a", Part(backlogMs: 1300, own: 3));

        Look().BacklogMs.ShouldBe(1300);
        Reserve(1);
        Look().BacklogMs.ShouldBe(1700);
    }

    [Fact]
    public void Backlog_ReportedWork_IsWorkedOffWithTime()
    {
        Join("a");
        Reserve(2);
        _load.Report("a", Part(backlogMs: 800, own: 2));
        _time.Advance(TimeSpan.FromMilliseconds(400));
        Release(1);

        Look().BacklogMs.ShouldBe(400, 1e-6);
    }

    [Fact]
    public void Backlog_SilentReplicaThatFinishesNothing_DoesNotBecomeFree()
    {
        Join("a");
        Reserve(4);
        _load.Report("a", Part(backlogMs: 1600, own: 4));
        _time.Advance(TimeSpan.FromSeconds(5));

        Look().BacklogMs.ShouldBe(1600, 1e-6);
    }

    [Fact]
    public void Backlog_OthersWork_Counts()
    {
        Join("a");
        _load.Report("a", Part(backlogMs: 4000, own: 0, foreign: 10));

        Look().BacklogMs.ShouldBe(4000);
        Look().Free.ShouldBe(54);
    }

    [Fact]
    public void Backlog_TwoReplicas_ShareTheWork()
    {
        Join("a");
        Join("b");
        Reserve(6);

        Look().BacklogMs.ShouldBe(6 * 400 / 2);
        _load.Leave("b");
        Look().BacklogMs.ShouldBe(6 * 400);
        Look().Free.ShouldBe(58);
    }

    [Fact]
    public void Report_AfterLeaving_CountsForNothing()
    {
        Join("a");
        Join("b");
        _load.Leave("b");
        _load.Report("b", Part());

        Look().Free.ShouldBe(64);
    }

    [Fact]
    public void Replicas_TwoThousand_CostALookNoMoreThanTwo()
    {
        for (var i = 0; i < 2_000; i++)
            Join($"{i}");
        Reserve(1_000);
        for (var i = 0; i < 2_000; i++)
            _load.Report($"{i}", Part(backlogMs: i, own: 1));
        _time.Advance(TimeSpan.FromMilliseconds(1_000));

        // 0 + … + 999 ms are left, over 2,000 devices; the thousand slots held are in the reports.
        Look().BacklogMs.ShouldBe(999 * 1_000 / 2 / 2_000.0, 200);
        Look().Free.ShouldBe((2_000 * 64) - 1_000);
    }

    [Fact]
    public void Caller_WithoutSlots_WaitsForNoMoreThanTheBatchThatRuns()
    {
        Join("a");
        Reserve(20);

        Look().BacklogMs.ShouldBe(8_000);
        Look("other").BacklogMs.ShouldBe(800);
    }

    [Fact]
    public void Caller_WithHalfOfTheSlots_WaitsAsLongAsTheOther()
    {
        Join("a");
        Reserve(10);
        Reserve(10, "other");

        Look().BacklogMs.ShouldBe(8_000);
        Look("other").BacklogMs.ShouldBe(8_000);
    }

    [Fact]
    public void Demand_RequestsThatTakeNoSlot_IsTheReplicaTimeThatTheyAskFor()
    {
        _load.Ask();
        _load.Demand.ShouldBe(TimeSpan.Zero, "no cost is known yet");

        Join("a");
        _load.Ask();
        _load.Ask();
        _load.Demand.ShouldBe(TimeSpan.FromMilliseconds(800));

        _load.Join("b", Part() with { Instances = 3 });
        _load.Ask();
        _load.Demand.TotalMilliseconds.ShouldBe(1_000, 1e-6, "the two do four instances' work, so a replica an item in 200 ms");
    }

    private static ReplicaPart Part(double backlogMs = 0, int own = 0, int foreign = 0) => new(64, foreign, own, 1, backlogMs, Costs);

    private static Caller Of(string tenant) => new(tenant, RequestClass.Interactive);

    private void Join(string replica) => _load.Join(replica, Part());

    private Outlook Look(string tenant = "default") => _load.Look(Of(tenant));

    private void Reserve(int slots, string tenant = "default")
    {
        for (var i = 0; i < slots; i++)
            _load.Reserve(Look(tenant).Flow);
    }

    private void Release(int slots, string tenant = "default")
    {
        for (var i = 0; i < slots; i++)
            _load.Release(Look(tenant).Flow);
    }
}
