using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Errors;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class QuotaTests : IDisposable
{
    private readonly CoordinatorMetrics _metrics = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Tenant_Alone_MayFillTheVersion()
    {
        var mesh = new Mesh(this, "", maxPending: 32);
        mesh.Admit("a", 32).ShouldBe(32);
        mesh.Reason("a").ShouldBe(Reasons.QueueFull);
    }

    [Fact]
    public void Tenant_AboveItsShare_IsRefusedFirstAndTheOtherStillGetsIn()
    {
        var mesh = new Mesh(this, "a=1,b=1", maxPending: 32);
        mesh.Admit("a", 100).ShouldBe(30); // a sixteenth is kept
        mesh.Reason("a").ShouldBe(Reasons.Quota);
        mesh.Admit("b", 100).ShouldBe(2);
        mesh.Reason("b").ShouldBe(Reasons.QueueFull);
    }

    [Fact]
    public void Slots_ThatComeFree_GoToTheTenantBelowItsShareUntilItHasIt()
    {
        var mesh = new Mesh(this, "a=3,b=1", maxPending: 32);
        mesh.Admit("a", 100);
        for (var i = 0; i < 100; i++)
        {
            mesh.Release("a", 1);
            mesh.Admit("a", 1);
            mesh.Admit("b", 1);
        }

        mesh.Held("b").ShouldBe(8);
        mesh.Held("a").ShouldBeInRange(22, 24);
    }

    [Fact]
    public void Share_NotUsed_IsLent()
    {
        var mesh = new Mesh(this, "a=1,b=9", maxPending: 32);
        mesh.Admit("b", 1);
        mesh.Admit("a", 100).ShouldBe(29);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("search=3", 1)]
    [InlineData("", 2)]
    public void Version_OfAFewSlots_ServesWhoeverComesWhileItIsIdle(string weights, int maxPending)
    {
        var mesh = new Mesh(this, weights, maxPending);
        foreach (var tenant in new[] { "a", "b", "c", "search", "a" })
        {
            mesh.Admit(tenant, 1).ShouldBe(1, tenant);
            mesh.Release(tenant, 1);
        }
    }

    [Fact]
    public void Tenant_WhoAsksNoMore_IsForgotten()
    {
        var mesh = new Mesh(this, "", maxPending: 32);
        mesh.Admit("b", 1);
        mesh.Release("b", 1);
        mesh.Admit("a", 100).ShouldBe(30);
        _time.Advance(TimeSpan.FromMinutes(2));
        mesh.Admit("a", 100).ShouldBe(2);
    }

    [Fact]
    public void Classes_BatchIsRefusedBeforeInteractive()
    {
        var mesh = new Mesh(this, "", maxPending: 90);
        mesh.Admit("a", 1);
        mesh.Admit("a", 200, RequestClass.Batch).ShouldBe(83);
        mesh.Admit("a", 1).ShouldBe(1);
        mesh.Reason("a", RequestClass.Batch).ShouldBe(Reasons.Quota);
    }

    [Fact]
    public void Tenants_WithoutEnd_AreNotRememberedWithoutEnd()
    {
        var flows = new FlowShares(TenantWeights.Equal);
        for (var i = 0; i < 100_000; i++)
            flows.Seen(new Caller($"t{i}", RequestClass.Interactive), i);
        flows.Count.ShouldBeLessThanOrEqualTo(1_002);
    }

    [Fact]
    public void Slots_WhateverIsAskedAndReleased_AreConserved() => Seeds.Check(100, random =>
    {
        var cap = random.Next(1, 40);
        var mesh = new Mesh(this, random.Next(2) == 0 ? "" : "a=3,b=0.5", cap);
        for (var i = 0; i < 300; i++)
        {
            var tenant = $"{(char)('a' + random.Next(4))}";
            if (random.Next(3) > 0)
                mesh.Admit(tenant, 1, random.Next(4) == 0 ? RequestClass.Batch : RequestClass.Interactive);
            else
                mesh.Release(tenant, 1);
            _time.Advance(TimeSpan.FromSeconds(random.Next(20)));
            mesh.Reserved.ShouldBe(mesh.AllHeld);
            mesh.Reserved.ShouldBeInRange(0, cap);
        }

        foreach (var tenant in new[] { "a", "b", "c", "d" })
            mesh.Release(tenant, cap);
        mesh.Reserved.ShouldBe(0);
        mesh.Look().Flow.Reserved.ShouldBe(0);
        mesh.Look().Free.ShouldBe(cap);
    });

    [Theory]
    [InlineData("a=3,b=1", null)]
    [InlineData("", null)]
    [InlineData("a", "'a' is no tenant=weight")]
    [InlineData("a=0", "'a=0' is no tenant=weight")]
    [InlineData("a=NaN", "is no tenant=weight")]
    [InlineData("ä=1", "is no tenant=weight")]
    [InlineData("a=1,a=2", "'a' has two weights")]
    public void Weights_AreReadOrSayWhatIsWrong(string text, string? fault)
    {
        TenantWeights.Parse(text, out var found);
        if (fault is null)
            found.ShouldBeNull();
        else
            found.ShouldNotBeNull().ShouldContain(fault);
    }

    /// <summary>One version, and callers that hold slots of it.</summary>
    private sealed class Mesh
    {
        private readonly AdmissionController _admission;
        private readonly Plan _plan;
        private readonly List<(string Tenant, Reservation Slot)> _held = [];

        public Mesh(QuotaTests tests, string weights, int maxPending)
        {
            var options = new CoordinatorOptions { TenantWeights = weights };
            var registry = new TestRegistry(tests._time, options);
            registry.Join(Packages.Depth(maxPending: maxPending));
            _admission = new AdmissionController(options, new LearnedCosts(tests._time), tests._metrics, tests._time);
            Planner.TryPlan(["depth"], hasMask: false, registry.Now, 16, out var plan, out _).ShouldBeTrue();
            _plan = plan!;
        }

        public int Reserved => _plan.Steps[0].Version.Load.Reserved;

        public int AllHeld => _held.Count;

        public int Held(string tenant) => _held.Count(held => held.Tenant == tenant);

        public Outlook Look() => _plan.Steps[0].Version.Load.Look(Caller.Default);

        /// <returns>How many got in.</returns>
        public int Admit(string tenant, int requests, RequestClass kind = RequestClass.Interactive)
        {
            var before = _held.Count;
            for (var i = 0; i < requests; i++)
            {
                if (_admission.TryAdmit(_plan, TimeSpan.FromMinutes(1), new Caller(tenant, kind), out var slot, out _))
                    _held.Add((tenant, slot));
            }

            return _held.Count - before;
        }

        public string Reason(string tenant, RequestClass kind = RequestClass.Interactive)
        {
            _admission.TryAdmit(_plan, TimeSpan.FromMinutes(1), new Caller(tenant, kind), out _, out var refusal).ShouldBeFalse();
            return refusal!.Reason;
        }

        public void Release(string tenant, int slots)
        {
            foreach (var held in _held.Where(held => held.Tenant == tenant).Take(slots).ToList())
            {
                held.Slot.Dispose();
                _held.Remove(held);
            }
        }
    }
}
