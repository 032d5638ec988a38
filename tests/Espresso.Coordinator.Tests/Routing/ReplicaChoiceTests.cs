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
    public void Batch_NearlyFull_IsJoinedWhereverItIs()
    {
        var replicas = Enumerable.Range(0, 1_000).Select(_ => Replica(backlogMs: 500)).ToArray();
        for (var i = 0; i < 4; i++)
            Send(replicas, "a");
        replicas.Count(replica => replica.InFlight > 0).ShouldBe(1); // four rows, one batch, of a thousand that are as busy
        Send(replicas, "a");
        replicas.Count(replica => replica.InFlight > 0).ShouldBe(2);
    }

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

    private static ReplicaState Replica(double backlogMs = 0)
    {
        var state = new ReplicaState("r") { Costs = Costs };
        state.Report(new LoadReport(0, 0, backlogMs), TimeSpan.Zero);
        return state;
    }

    private int Pick(ReplicaState[] replicas, ReplicaState? except = null) => _choice.Pick(replicas, except, "a", TimeSpan.Zero, _random);

    private void Send(ReplicaState[] replicas, string bucket)
    {
        var index = _choice.Pick(replicas, null, bucket, TimeSpan.Zero, _random);
        replicas[index].TryEnter(bucket, 1, TimeSpan.Zero).ShouldBeTrue();
        _choice.Sent(index, replicas[index], bucket, TimeSpan.Zero);
    }
}
