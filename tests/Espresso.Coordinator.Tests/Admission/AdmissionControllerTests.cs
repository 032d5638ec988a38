using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class AdmissionControllerTests : IDisposable
{
    private readonly CoordinatorMetrics _metrics = new();
    private readonly AdmissionController _admission;

    public AdmissionControllerTests() => _admission = new AdmissionController(new CoordinatorOptions(), new LearnedCosts(new FakeTime()), _metrics, new FakeTime());

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Version_AtItsCap_RefusesWithTheBacklogAsWait()
    {
        var registry = new TestRegistry(new FakeTime());
        registry.Report(registry.Join(Packages.Depth(maxPending: 1)), backlogMs: 4200);
        Admit(registry, "depth").ShouldNotBeNull();

        var refusal = Refuse(registry, "depth");
        refusal.Kind.ShouldBe(FailureKind.Overloaded);
        refusal.Reason.ShouldBe(Reasons.QueueFull);
        refusal.Message.ShouldContain("depth@0.1");
        refusal.RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(4200));
    }

    [Fact]
    public void Version_WithTwoReplicas_HoldsWhatBothHold()
    {
        var registry = TestRegistry.Of(Packages.Depth(maxPending: 1), Packages.Depth(maxPending: 2));
        for (var i = 0; i < 3; i++)
            Admit(registry, "depth");
        Refuse(registry, "depth");
    }

    [Fact]
    public void Pending_OfOthers_CountsAgainstTheCap()
    {
        var registry = new TestRegistry();
        registry.Report(registry.Join(Packages.Depth(maxPending: 3)), pending: 2);
        Admit(registry, "depth");
        Refuse(registry, "depth");
    }

    [Fact]
    public void Plan_WithOneFullModel_ReservesNothingAnywhere()
    {
        var registry = TestRegistry.Of(Packages.Depth(), Packages.Segmentation(maxPending: 1), Packages.Inpainting());
        using var held = Admit(registry, "segmentation");

        Refuse(registry, "depth", "inpainting").Message.ShouldContain("segmentation");
        Reserved(registry).ShouldBe([("depth", 0), ("inpainting", 0), ("segmentation", 1)]);
    }

    [Fact]
    public void Slot_Lent_OutlastsItsReservationAndIsNewWhereThatHadGivenItBack()
    {
        var registry = TestRegistry.Of(Packages.Depth());
        var load = registry.Now.Models["depth"].Versions[0].Load;
        var reservation = Admit(registry, "depth");
        var lent = reservation.Lend(0);
        load.Reserved.ShouldBe(1);
        reservation.Dispose();
        load.Reserved.ShouldBe(1);
        lent.Dispose();
        lent.Dispose();
        load.Reserved.ShouldBe(0);
        using (reservation.Lend(0))
            load.Reserved.ShouldBe(1);
        load.Reserved.ShouldBe(0);
    }

    [Fact]
    public void Reservation_ReleasedAndDisposedAgain_GivesEachSlotBackOnce()
    {
        var registry = TestRegistry.Of(Packages.Depth(), Packages.Segmentation());
        var reservation = Admit(registry, "depth", "segmentation");
        reservation.Release(0);
        reservation.Release(0);
        Reserved(registry).ShouldBe([("depth", 0), ("segmentation", 1)]);
        reservation.Dispose();
        reservation.Dispose();
        Reserved(registry).ShouldBe([("depth", 0), ("segmentation", 0)]);
    }

    [Fact]
    public void Slots_UnderContention_NeverExceedTheCapAndAllComeBack()
    {
        const int Cap = 3;
        var registry = TestRegistry.Of(Packages.Depth(maxPending: Cap), Packages.Segmentation(maxPending: Cap));
        var (admitted, highest) = (0, 0);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var plan = PlanOf(registry, i % 3 == 0 ? ["depth"] : ["segmentation", "depth"]);
            if (!_admission.TryAdmit(plan, TimeSpan.FromSeconds(60), Caller.Default, out var reservation, out _))
                return;
            using (reservation)
            {
                Interlocked.Increment(ref admitted);
                InterlockedMax(ref highest, registry.Now.Models["depth"].Versions[0].Load.Reserved);
                reservation.Release(i % plan.Steps.Length);
            }
        });
        highest.ShouldBeLessThanOrEqualTo(Cap);
        admitted.ShouldBeGreaterThan(0);
        Reserved(registry).ShouldBe([("depth", 0), ("segmentation", 0)]);
    }

    private static void InterlockedMax(ref int highest, int value)
    {
        for (var seen = Volatile.Read(ref highest); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref highest, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    private static (string, int)[] Reserved(TestRegistry registry) =>
        [.. registry.Now.Models.Values.Select(model => (model.Name, model.Versions[0].Load.Reserved))];

    private static Plan PlanOf(TestRegistry registry, params string[] names)
    {
        Planner.TryPlan(names, hasMask: false, registry.Now, 16, out var plan, out var failure).ShouldBeTrue(failure?.Message);
        return plan!;
    }

    private Reservation Admit(TestRegistry registry, params string[] names)
    {
        _admission.TryAdmit(PlanOf(registry, names), TimeSpan.FromSeconds(60), Caller.Default, out var reservation, out var refusal).ShouldBeTrue(refusal?.Message);
        return reservation!;
    }

    private Failure Refuse(TestRegistry registry, params string[] names)
    {
        _admission.TryAdmit(PlanOf(registry, names), TimeSpan.FromSeconds(60), Caller.Default, out _, out var refusal).ShouldBeFalse();
        return refusal!;
    }
}
