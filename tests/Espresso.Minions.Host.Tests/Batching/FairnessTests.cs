using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

public sealed class FairnessTests
{
    private readonly BatchQueue<WorkItem> _queue = new(bucket => bucket == "dear" ? 20 : 10);

    [Fact]
    public void Flows_OfDifferentWeight_ShareByWeight()
    {
        Fill("a", weight: 3);
        Fill("b", weight: 1);

        Served(400)["a"].ShouldBe(300, 3);
    }

    [Fact]
    public void Items_OfDoubleRows_AreHalfAsMany()
    {
        Fill("a", rows: 2);
        Fill("b");

        Served(300)["a"].ShouldBe(100, 2);
    }

    [Fact]
    public void Items_OfDoubleCost_AreHalfAsMany()
    {
        Fill("a", bucket: "dear");
        Fill("b");

        Served(300)["a"].ShouldBe(100, 2);
    }

    [Fact]
    public void Classes_UnderAFlood_BothGoOn()
    {
        Fill("interactive", weight: 8);
        Fill("batch", weight: 1);

        var served = Served(900);
        served["batch"].ShouldBe(100, 2);
        served["interactive"].ShouldBe(800, 2);
    }

    [Theory]
    [InlineData("a", 1, 1)] // alone it would stand behind all of its own
    [InlineData("new", 1, 0)]
    [InlineData("b", 1, 20 / 40.0)] // its own ten, and ten of the others' in turn
    [InlineData("b", 3, 40 / 3.0 / 40)]
    public void Share_BeforeANewItem_IsWhatItsFlowsTurnsLeaveToTheOthers(string tenant, double weight, double share)
    {
        for (var i = 0; i < (tenant == "a" ? 40 : 30); i++)
            _queue.Add(new WorkItem { Bucket = "b", Flow = new FlowKey("a", "interactive"), Deadline = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < (tenant == "a" ? 0 : 10); i++)
            _queue.Add(new WorkItem { Bucket = "b", Flow = new FlowKey("b", "interactive"), Weight = weight, Deadline = TimeSpan.FromSeconds(1) });

        var item = new WorkItem { Bucket = "b", Flow = new FlowKey(tenant, "interactive"), Weight = weight, Deadline = TimeSpan.FromSeconds(1) };
        _queue.ShareBefore(item).ShouldBe(share, 1e-9);
    }

    [Fact]
    public void Share_BeforeAnItemMoreUrgentThanAllOfItsFlow_IsNone()
    {
        _queue.Add(new WorkItem { Bucket = "b", Deadline = TimeSpan.FromSeconds(9) });
        _queue.ShareBefore(new WorkItem { Bucket = "b", Deadline = TimeSpan.FromSeconds(8) }).ShouldBe(0);
        _queue.ShareBefore(new WorkItem { Bucket = "b", Deadline = TimeSpan.FromSeconds(8), Priority = 200 }).ShouldBe(1);
    }

    [Fact]
    public void Share_WhateverCameAndWent_IsOneForTheOnlyFlow() => Seeds.Check(200, random =>
    {
        var queue = new BatchQueue<WorkItem>();
        var waiting = new List<WorkItem>();
        for (var i = 0; i < 200; i++)
        {
            if (random.Next(2) == 0)
            {
                var flow = new FlowKey($"{random.Next(4)}", "batch");
                var item = new WorkItem { Bucket = $"{random.Next(3)}", Flow = flow, Weight = random.Next(1, 9), Rows = random.Next(1, 4) };
                queue.Add(item);
                waiting.Add(item);
            }
            else if (waiting.Count > 0)
            {
                var at = random.Next(waiting.Count);
                queue.Remove(waiting[at]).ShouldBeTrue();
                waiting.RemoveAt(at);
            }

            queue.ShareBefore(new WorkItem { Bucket = "0", Flow = new FlowKey($"{random.Next(4)}", "batch") }).ShouldBeInRange(0, 1);
        }

        foreach (var item in waiting.Where(item => item.Flow.Tenant != "0"))
            queue.Remove(item);
        if (waiting.Exists(item => item.Flow.Tenant == "0"))
            queue.ShareBefore(new WorkItem { Bucket = "0", Flow = new FlowKey("0", "batch") }).ShouldBe(1, 1e-9);
    });

    [Fact]
    public void Flow_ThatComesLate_IsNextAndHasSavedNothingUp()
    {
        Fill("a");
        Served(500);
        Fill("b");

        Take()[0].Flow.Tenant.ShouldBe("b");
        Served(100)["a"].ShouldBe(50, 2);
    }

    [Fact]
    public void Flow_InTwoBuckets_HasOneShare()
    {
        Fill("a", items: 300);
        Fill("a", bucket: "other", items: 300);
        Fill("b", items: 600);

        Served(400)["a"].ShouldBe(200, 2);
    }

    [Fact]
    public void Batch_OfSeveralFlows_TakesThemInTurn()
    {
        Fill("a");
        Fill("b");

        Take(rows: 6).Select(item => item.Flow.Tenant).ShouldBe(["a", "b", "a", "b", "a", "b"]);
    }

    [Fact]
    public void Expired_AndCancelled_AreNotChargedFor()
    {
        for (var i = 0; i < 100; i++)
            Add("a", deadline: 1);
        var cancelled = Add("a");
        Fill("a");
        Fill("b");
        _queue.TakeExpired(TimeSpan.FromSeconds(1), []);
        _queue.Remove(cancelled).ShouldBeTrue();

        Served(100)["a"].ShouldBe(50, 1);
    }

    /// <summary>Between any two flows that wait all the time, what they got divided by weight differs by at most one item of each.</summary>
    [Fact]
    public void Flows_ThatAlwaysWait_AreServedWithinTheBoundOfTheirWeights() => Seeds.Check(100, random =>
    {
        var queue = new BatchQueue<WorkItem>(_ => 10);
        var weights = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Math.Pow(10, (random.NextDouble() * 3) - 1.5)).ToArray();
        var largest = weights.Select(_ => random.Next(1, 4)).ToArray();
        var got = new double[weights.Length];
        for (var flow = 0; flow < weights.Length; flow++)
            Top(flow);

        for (var i = 0; i < 500; i++)
        {
            var taken = new List<WorkItem>();
            queue.Take("b", random.Next(1, 9), atLeastOne: true, taken);
            foreach (var item in taken)
            {
                var flow = int.Parse(item.Flow.Tenant);
                got[flow] += item.Rows * 10 / weights[flow];
            }

            for (var flow = 0; flow < weights.Length; flow++)
            {
                Top(flow);
                for (var other = 0; other < flow; other++)
                    Math.Abs(got[flow] - got[other]).ShouldBeLessThanOrEqualTo((largest[flow] * 10 / weights[flow]) + (largest[other] * 10 / weights[other]) + 1e-6);
            }
        }

        // So many that a batch never takes a flow's last one.
        void Top(int flow)
        {
            for (var waiting = 0; waiting < 8; waiting++)
                queue.Add(Item($"{flow}", "b", random.Next(1, largest[flow] + 1), weights[flow]));
        }
    });

    /// <summary>Nobody starves, whatever shapes others send and however urgent they call it: each batch has the flow that is furthest behind in it.</summary>
    [Fact]
    public void Flows_InAnyBucketsWithAnyDeadlines_AreNextWhenTheyAreFurthestBehind() => Seeds.Check(50, random =>
    {
        const int Largest = 8;
        var (costs, queue) = (new CostTable(Largest), new BatchQueue<WorkItem>(_ => 10));
        for (var bucket = 0; bucket < 3; bucket++)
            costs.Set($"{bucket}", Largest, TimeSpan.FromMilliseconds(10 * Largest));
        var weights = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Math.Pow(10, random.NextDouble() - 0.5)).ToArray();
        var (got, last) = (new double[weights.Length], new int[weights.Length]);
        for (var batch = 1; batch <= 400; batch++)
        {
            for (var flow = 0; flow < weights.Length; flow++)
            {
                for (var waiting = 0; waiting < Largest; waiting++) // so many that a batch never takes a flow's last one
                    queue.Add(Item($"{flow}", $"{random.Next(3)}", 1, weights[flow], random.Next(2) == 0 ? TimeSpan.FromHours(1 + random.NextDouble()) : null));
            }

            var (views, taken) = (new List<BucketView>(), new List<WorkItem>());
            queue.View(views);
            var decision = BatchPolicy.Decide(views, TimeSpan.Zero, 1, TimeSpan.Zero, TimeSpan.MaxValue, costs);
            queue.Take(decision.Bucket!, decision.Rows, atLeastOne: true, taken);

            taken.Count.ShouldBeInRange(1, Largest);
            taken.Min(item => got[int.Parse(item.Flow.Tenant)]).ShouldBe(got.Min(), 1e-6);
            foreach (var flow in taken.Select(item => int.Parse(item.Flow.Tenant)))
            {
                got[flow] += 10 / weights[flow];
                last[flow] = batch;
            }

            for (var flow = 0; flow < weights.Length; flow++) // what others may have had since, a batch for each item
                (batch - last[flow]).ShouldBeLessThanOrEqualTo((int)weights.Sum(other => 1 + (Largest * other / weights[flow])));
        }
    });

    [Fact]
    public void Order_WithinTenantAndBucket_IsFirstInFirstOut() => Seeds.Check(100, random =>
    {
        var queue = new BatchQueue<WorkItem>();
        var last = new Dictionary<(string, string), long>();
        var (taken, budget) = (new List<WorkItem>(), TimeSpan.FromSeconds(random.Next(1, 50)));
        for (var i = 0; i < 300; i++)
        {
            var now = TimeSpan.FromSeconds(i);
            queue.TakeExpired(now, []);
            if (random.Next(3) > 0)
                queue.Add(Item($"{random.Next(3)}", $"{random.Next(2)}", random.Next(1, 3), 1, now + budget));
            else
                queue.Take($"{random.Next(2)}", random.Next(1, 5), random.Next(2) == 0, taken);
            foreach (var item in taken)
            {
                item.Deadline.ShouldBeGreaterThan(now);
                item.Sequence.ShouldBeGreaterThan(last.GetValueOrDefault((item.Flow.Tenant, item.Bucket), -1));
                last[(item.Flow.Tenant, item.Bucket)] = item.Sequence;
            }

            taken.Clear();
        }
    });

    [Fact]
    public void Tenants_WithoutEnd_NeitherStarveTheOthersNorAreAllRemembered()
    {
        Fill("a", items: 20_000);
        var served = 0;
        for (var i = 0; i < 10_000; i++)
        {
            Add($"new {i}");
            served += Take()[0].Flow.Tenant == "a" ? 1 : 0;
        }

        served.ShouldBeGreaterThan(5_000 / 256);
        _queue.Flows.ShouldBeLessThanOrEqualTo(257);
    }

    private static WorkItem Item(string tenant, string bucket, int rows, double weight, TimeSpan? deadline = null) => new()
    {
        Bucket = bucket,
        Rows = rows,
        Weight = weight,
        Flow = new FlowKey(tenant, "interactive"),
        Deadline = deadline ?? TimeSpan.MaxValue,
    };

    private WorkItem Add(string tenant, string bucket = "b", int rows = 1, double weight = 1, double? deadline = null)
    {
        var item = Item(tenant, bucket, rows, weight, deadline is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        _queue.Add(item);
        return item;
    }

    private void Fill(string tenant, string bucket = "b", int rows = 1, double weight = 1, int items = 1_000)
    {
        for (var i = 0; i < items; i++)
            Add(tenant, bucket, rows, weight);
    }

    /// <summary>From the bucket that the policy would choose.</summary>
    private List<WorkItem> Take(int rows = 1)
    {
        var (views, taken) = (new List<BucketView>(), new List<WorkItem>());
        _queue.View(views);
        var costs = new CostTable(1);
        var decision = BatchPolicy.Decide(views, TimeSpan.Zero, 1, TimeSpan.Zero, TimeSpan.MaxValue, costs);
        _queue.Take(decision.Bucket!, rows, atLeastOne: true, taken);
        return taken;
    }

    /// <summary>How many items of each tenant were among the next ones.</summary>
    private Dictionary<string, double> Served(int items) =>
        Enumerable.Range(0, items).SelectMany(_ => Take()).GroupBy(item => item.Flow.Tenant).ToDictionary(flow => flow.Key, flow => (double)flow.Count());
}
