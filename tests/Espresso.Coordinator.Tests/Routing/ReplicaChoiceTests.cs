using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Routing;

public sealed class ReplicaChoiceTests
{
    private static readonly CostModel Costs = new([("a", 1, 50), ("a", 2, 80), ("a", 4, 140)]);

    private readonly Random _random = new(7);
    private readonly ReplicaChoice _choice = new();

    [Fact]
    public void Replica_ForecastToFinishFirst_IsTakenOfTwo()
    {
        var (busy, idle) = (Replica(backlogMs: 30), Replica(backlogMs: 20));
        for (var i = 0; i < 20; i++)
            Pick([busy, idle]).ShouldBe(1);
    }

    [Fact]
    public void Replicas_Equal_AreTakenByChance() =>
        Enumerable.Range(0, 50).Select(_ => Pick([Replica(), Replica(), Replica()])).Distinct().Count().ShouldBe(3);

    [Fact]
    public void Replica_TriedOrGone_IsNotTaken()
    {
        var (tried, gone, left) = (Replica(), Replica(), Replica(backlogMs: 10_000));
        gone.Retire();
        for (var i = 0; i < 20; i++)
            Pick([tried, gone, left], except: tried).ShouldBe(2);
        Pick([tried, gone], except: tried).ShouldBe(-1);
        Pick([]).ShouldBe(-1);
    }

    [Fact]
    public void Replica_StillThereAmongHundredsGone_IsFound()
    {
        var replicas = Enumerable.Range(0, 500).Select(_ => Replica()).ToArray();
        foreach (var replica in replicas.Where((_, i) => i != 321))
            replica.Retire();
        Pick(replicas).ShouldBe(321);
    }

    [Fact]
    public void Load_OfManyItems_IsNearlyEven()
    {
        var replicas = Enumerable.Range(0, 100).Select(_ => Replica(backlogMs: 1)).ToArray();
        for (var i = 0; i < 5_000; i++)
            Send(replicas, "b");
        // One random choice would leave some near thirty and some above seventy-five of the mean of fifty.
        replicas.Min(replica => replica.InFlight).ShouldBeGreaterThan(40);
        replicas.Max(replica => replica.InFlight).ShouldBeLessThan(60);
    }

    [Fact]
    public void Replica_Full_IsTakenWhereNobodyElseIsThere()
    {
        var (full, slow) = (Replica(backlogMs: 20, maxPending: 2), Replica(backlogMs: 500));
        for (var i = 0; i < 4; i++)
            Send([full, slow], "a");
        (full.InFlight, slow.InFlight).ShouldBe((2, 2)); // it would be done sooner, but refuses
        Pick([full]).ShouldBe(0); // what it refuses is known best there
    }

    [Fact]
    public void Batch_FillingUp_IsJoinedWhereverItIsAsLongAsNobodyIsDoneSooner()
    {
        var replicas = Enumerable.Range(0, 1_000).Select(_ => Replica(backlogMs: 600)).ToArray();
        replicas[321].Report(new LoadReport(0, 0, 500), TimeSpan.Zero);
        Enter(replicas, 321, "a");
        for (var i = 0; i < 3; i++)
            Send(replicas, "a");
        replicas[321].InFlight.ShouldBe(4); // one batch, found among a thousand; it would be done at 640, and one alone elsewhere at 650
        Send(replicas, "a");
        replicas[321].InFlight.ShouldBe(4);
    }

    [Fact]
    public void Batch_FillingUp_WinsATie()
    {
        var replicas = Enumerable.Range(0, 1_000).Select(_ => Replica(backlogMs: 530)).ToArray();
        replicas[321].Report(new LoadReport(0, 0, 500), TimeSpan.Zero);
        Enter(replicas, 321, "a");
        Send(replicas, "a"); // 500 + 80 here, 530 + 50 elsewhere
        replicas[321].InFlight.ShouldBe(2);
    }

    [Fact]
    public void Replica_ChosenOfTwo_IsNeverOneThatIsDoneLater() => Seeds.Check(100, random =>
    {
        var (choice, now) = (new ReplicaChoice(), TimeSpan.Zero);
        ReplicaState[] replicas = [Replica(random.Next(300)), Replica(random.Next(300))];
        for (var i = 0; i < 100; i++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(60));
            var bucket = random.Next(3) == 0 ? "b" : "a";
            if (random.Next(4) == 0)
                replicas[random.Next(2)].Report(new LoadReport(random.Next(6), random.Next(3), random.Next(300)), now);
            var index = choice.Pick(replicas, null, bucket, now, random);
            if (choice.Pick(replicas, replicas[index], bucket, now, random) is >= 0 and var other)
                replicas[index].ForecastFinish(bucket, 1, now).ShouldBeLessThanOrEqualTo(replicas[other].ForecastFinish(bucket, 1, now));
            replicas[index].TryEnter(bucket, 1, now).ShouldBeTrue();
            choice.Sent(index, replicas[index], bucket, now);
        }
    });

    [Fact]
    public void Batch_NearlyFull_IsNotJoinedWhereAnotherIsSoonerDone()
    {
        var (busy, idle) = (Replica(backlogMs: 500), Replica(backlogMs: 500));
        ReplicaState[] replicas = [busy, idle];
        Send(replicas, "a");
        var other = busy.InFlight > 0 ? idle : busy;
        other.Report(new LoadReport(0, 0, 0), TimeSpan.Zero);
        replicas[Pick(replicas)].ShouldBe(other);
    }

    [Fact]
    public void Batch_OfAReplicaThatLeft_IsForgotten()
    {
        ReplicaState[] replicas = [Replica(backlogMs: 500), Replica(backlogMs: 500)];
        Send(replicas, "a");
        var (gone, left) = replicas[0].InFlight > 0 ? (replicas[0], replicas[1]) : (replicas[1], replicas[0]);
        Pick([left]).ShouldBe(0);
        gone.Retire();
        replicas[Pick(replicas)].ShouldBe(left);
    }

    private static ReplicaState Replica(double backlogMs = 0, int maxPending = int.MaxValue)
    {
        var state = new ReplicaState("r", maxPending) { Costs = Costs };
        state.Report(new LoadReport(0, 0, backlogMs), TimeSpan.Zero);
        return state;
    }

    private int Pick(ReplicaState[] replicas, ReplicaState? except = null) => _choice.Pick(replicas, except, "a", TimeSpan.Zero, _random);

    private void Send(ReplicaState[] replicas, string bucket) =>
        Enter(replicas, _choice.Pick(replicas, null, bucket, TimeSpan.Zero, _random), bucket);

    private void Enter(ReplicaState[] replicas, int index, string bucket)
    {
        replicas[index].TryEnter(bucket, 1, TimeSpan.Zero).ShouldBeTrue();
        _choice.Sent(index, replicas[index], bucket, TimeSpan.Zero);
    }
}
