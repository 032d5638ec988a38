using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Tests.Planning;
using Espresso.Errors;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class DeadlineForecastTests : IDisposable
{
    private readonly CoordinatorMetrics _metrics = new();
    private readonly FakeTime _time = new();
    private readonly LearnedCosts _costs;
    private readonly AdmissionController _admission;
    private readonly TestRegistry _registry;

    public DeadlineForecastTests()
    {
        _costs = new LearnedCosts(_time);
        _admission = new AdmissionController(new CoordinatorOptions(), _costs, _metrics, _time);
        _registry = new TestRegistry(_time);
    }

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Backlog_LongerThanTheDeadline_IsRefusedWithTheTimeUntilItFits()
    {
        Join(Packages.Depth(), backlogMs: 4_000, (1, 500));

        var refusal = Refuse(1_000, "depth");
        refusal.Kind.ShouldBe(FailureKind.Overloaded);
        refusal.Reason.ShouldBe(Reasons.DeadlineUnmeetable);
        // Done in 4,500 ms, and 880 of the 1,000 may be used: 3,620 ms from now it fits.
        refusal.RetryAfter!.Value.TotalMilliseconds.ShouldBe(3_620, 1e-3);

        _time.Advance(refusal.RetryAfter.Value + TimeSpan.FromMilliseconds(1));
        Admit(1_000, "depth").ShouldNotBeNull();
    }

    [Fact]
    public void Backlog_WithinTheDeadline_IsAdmitted()
    {
        Join(Packages.Depth(), backlogMs: 4_000, (1, 500));
        Admit(5_120, "depth");
    }

    [Fact]
    public void Costs_NotKnown_NothingIsForecast()
    {
        Join(Packages.Depth(), backlogMs: 0);
        Admit(1, "depth");
    }

    [Fact]
    public void Waves_AddUp_AndBacklogsBehindThemAreWorkedOffMeanwhile()
    {
        Join(Packages.Segmentation(), backlogMs: 2_000, (1, 500));
        Join(Packages.Inpainting(), backlogMs: 1_500, (1, 1_000));

        // Inpainting starts when its mask is there, after 2,500 ms, by which time its own backlog is gone: done at 3,500 ms.
        Refuse(3_970, "inpainting").RetryAfter!.Value.TotalMilliseconds.ShouldBe(3_500 - (0.88 * 3_970), 1e-3);
        Admit(3_980, "inpainting");
    }

    [Fact]
    public void Models_SideBySide_TakeAsLongAsTheSlowest()
    {
        Join(Packages.Depth(), backlogMs: 2_000, (1, 500));
        Join(Packages.Segmentation(), backlogMs: 0, (1, 500));

        Refuse(2_840, "depth", "segmentation");
        Admit(2_850, "depth", "segmentation");
    }

    [Fact]
    public void Refusal_OfOneStep_LeavesNoSlotAnywhere()
    {
        Join(Packages.Depth(), backlogMs: 9_000, (1, 500));
        Join(Packages.Segmentation(), backlogMs: 0, (1, 500));

        Refuse(1_000, "depth", "segmentation");
        _registry.Now.Models.Values.ShouldAllBe(model => model.Versions[0].Load.Reserved == 0);
    }

    [Fact]
    public void Deadline_ShorterThanTheModelAlone_IsRefusedWithoutAnyBacklog()
    {
        Join(Packages.Depth(), backlogMs: 0, (1, 500));

        Refuse(200, "depth").Message.ShouldContain("500 ms where nothing waits");
    }

    [Fact]
    public void Deadline_ALittleShorterThanTheForecast_IsTriedNowAndThenOnAnIdleVersion()
    {
        Join(Packages.Depth(), backlogMs: 0, (1, 500));

        Admit(500, "depth").Dispose();
        Refuse(500, "depth");
        _time.Advance(TimeSpan.FromSeconds(10));
        using (Admit(500, "depth"))
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            Refuse(500, "depth");
        }
    }

    [Fact]
    public void DecodeAndEncode_AreTakenFromTheDeadline_ButABacklogIsWorkedOffMeanwhile()
    {
        var replica = Join(Packages.Depth(), backlogMs: 100, (1, 500));
        _costs.Decode.Learn(200);
        _costs.Encode(_registry.Now.Models["depth"].Versions[0].Key).Learn(100);

        Refuse(905, "depth").Message.ShouldContain("800 ms where nothing waits");
        Admit(910, "depth").Dispose();
        _registry.Report(replica, backlogMs: 200, costs: (1, 500));
        Admit(910, "depth").Dispose();
    }

    /// <summary>A full batch of 16 takes as long as a request has: nobody would be let in, if it were to be expected.</summary>
    [Fact]
    public void Batch_ThatCouldGrowBeyondTheDeadline_IsTakenToGrowToHalfOfIt()
    {
        Join(Packages.Depth(), backlogMs: 2_000, (1, 500), (16, 5_000));

        Admit(5_000, "depth");
        Refuse(4_000, "depth");
    }

    /// <summary>The field's rule: so many pending at the most, times the time of each, is the longest anybody waits.</summary>
    [Fact]
    public void Cap_OfTenAtHalfASecondEach_BoundsAnswersAtFiveSeconds()
    {
        const double ItemMs = 500;
        Join(Packages.Depth(maxPending: 10), backlogMs: 0, (1, ItemMs));
        var queue = new Queue<(Reservation Slot, TimeSpan Arrived)>();
        var (now, free, longest, refused) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 0);
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            // Twice as much comes as one device does; it serves one after the other.
            var step = TimeSpan.FromMilliseconds(random.NextDouble() * ItemMs);
            now += step;
            _time.Advance(step);
            while (queue.TryPeek(out var first) && Later(free, first.Arrived) + TimeSpan.FromMilliseconds(ItemMs) is var done && done <= now)
            {
                queue.Dequeue().Slot.Dispose();
                longest = Later(longest, done - first.Arrived);
                free = done;
            }

            if (_admission.TryAdmit(PlanOf("depth"), TimeSpan.FromSeconds(60), Caller.Default, out var slot, out var refusal))
                queue.Enqueue((slot, now));
            else
                refused += refusal.Reason == Reasons.QueueFull ? 1 : 0;
            queue.Count.ShouldBeLessThanOrEqualTo(10);
        }

        refused.ShouldBeGreaterThan(1_000);
        longest.ShouldBeInRange(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5));
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private Replica Join(string manifest, double backlogMs, params (uint Size, double Milliseconds)[] costs)
    {
        var replica = _registry.Join(manifest);
        _registry.Report(replica, backlogMs: backlogMs, costs: costs);
        return replica;
    }

    private Plan PlanOf(params string[] names)
    {
        Planner.TryPlan(names, hasMask: false, _registry.Now, 16, out var plan, out var failure).ShouldBeTrue(failure?.Message);
        return plan!;
    }

    private Reservation Admit(double leftMs, params string[] names)
    {
        _admission.TryAdmit(PlanOf(names), TimeSpan.FromMilliseconds(leftMs), Caller.Default, out var reservation, out var refusal).ShouldBeTrue(refusal?.Message);
        return reservation!;
    }

    private Failure Refuse(double leftMs, params string[] names)
    {
        _admission.TryAdmit(PlanOf(names), TimeSpan.FromMilliseconds(leftMs), Caller.Default, out _, out var refusal).ShouldBeFalse();
        refusal!.Reason.ShouldBe(Reasons.DeadlineUnmeetable);
        return refusal;
    }
}
