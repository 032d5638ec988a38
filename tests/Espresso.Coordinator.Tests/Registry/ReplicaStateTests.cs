using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Tests.Registry;

public sealed class ReplicaStateTests
{
    /// <summary>A batch of n takes 200 + 300 n, the best is 4.</summary>
    private static readonly CostModel Costs = new([("a", 1, 500), ("a", 2, 800), ("a", 4, 1400)]);

    private readonly ReplicaState _state = new("r") { Costs = Costs };

    [Fact]
    public void Forecast_OfAnIdleReplica_IsTheItemsOwnBatch()
    {
        Report(0);
        Forecast(at: 0).ShouldBe(500);
    }

    [Fact]
    public void Backlog_Reported_DecaysWithTheTime()
    {
        Report(0, backlogMs: 1000);
        Forecast(at: 0).ShouldBe(1500);
        Forecast(at: 400).ShouldBe(1100);
        Forecast(at: 1400).ShouldBe(500);
    }

    [Fact]
    public void Items_SentSinceTheReport_CountAtOnceAndJoinOneBatch()
    {
        Report(0, backlogMs: 1000);
        Enter(at: 0); // waits 1000, then 500
        Forecast(at: 0).ShouldBe(1000 + 800);
        Enter(at: 0);
        Enter(at: 0);
        Forecast(at: 0).ShouldBe(1000 + 1400);
        Enter(at: 0); // the batch is full
        Forecast(at: 0).ShouldBe(1000 + 1400 + 500);
        _state.RowsToJoin("a", Ms(0)).ShouldBe(0);
    }

    [Fact]
    public void Items_OfAnotherBucket_FormABatchOfTheirOwn()
    {
        _state.Costs = new CostModel([("a", 1, 500), ("a", 2, 800), ("b", 1, 40)]);
        Report(0, backlogMs: 1000);
        Enter(at: 0);
        _state.RowsToJoin("a", Ms(0)).ShouldBe(1);
        _state.RowsToJoin("b", Ms(0)).ShouldBe(0);
        _state.ForecastFinish("b", 1, Ms(0)).TotalMilliseconds.ShouldBe(1000 + 500 + 40);
    }

    [Fact]
    public void Batch_ThatHasLeft_IsNotJoined()
    {
        Report(0, backlogMs: 100);
        Enter(at: 0);
        _state.RowsToJoin("a", Ms(99)).ShouldBe(1);
        _state.RowsToJoin("a", Ms(100)).ShouldBe(0);
        Forecast(at: 100).ShouldBe(500 + 500);
    }

    [Fact]
    public void Batch_ReportedAsWaiting_IsJoined()
    {
        _state.Report(new LoadReport(Pending: 5, Running: 2, BacklogMs: 300 + 1100), Ms(0));
        Enter(at: 0); // the fourth of the batch
        Forecast(at: 0).ShouldBe(300 + 1400 + 500, tolerance: 0.001);
    }

    [Fact]
    public void Instances_ShareWhatWaits()
    {
        _state.Report(new LoadReport(0, 0, BacklogMs: 1000, Instances: 2), Ms(0));
        Enter(at: 0);
        _state.TryEnter("other", 1, Ms(0)); // joins nothing
        Forecast(at: 0).ShouldBe(1000 + ((500 + 500) / 2) + 500);
    }

    [Fact]
    public void Report_OlderThanTheLast_IsPassedOver()
    {
        _state.Report(new LoadReport(0, 0, BacklogMs: 700, AtMicroseconds: 20), Ms(0));
        _state.Report(new LoadReport(9, 0, BacklogMs: 9000, AtMicroseconds: 19), Ms(0));
        _state.Reported.BacklogMs.ShouldBe(700);
        Forecast(at: 0).ShouldBe(1200);
    }

    [Fact]
    public void Report_Stale_IsWorseTheLongerTheSilence()
    {
        Report(0);
        Forecast(at: 1500).ShouldBe(500);
        Forecast(at: 1600).ShouldBe(1600 + 500);
        Forecast(at: 4000).ShouldBe(4000 + 500);
        Report(4000);
        Forecast(at: 4000).ShouldBe(500);
    }

    [Fact]
    public void Calls_Unanswered_AreNeverForecastAsDone()
    {
        Report(0);
        for (var i = 0; i < 12; i++)
            Enter(at: 0);
        // By the clock all three batches are through; but nothing has come back, so at least what cannot be running still waits.
        Forecast(at: 60_000 - 1).ShouldBeGreaterThan(8 * 350 + 500);
        Report(60_000);
        Forecast(at: 60_000).ShouldBe(8 * 350 + 500);
        for (var i = 0; i < 12; i++)
            _state.Exit(1);
        Forecast(at: 60_000).ShouldBe(500);
    }

    [Fact]
    public void Forecast_WithoutCosts_IsByItemsInFlightPerWorker()
    {
        var (four, one) = (new ReplicaState("four"), new ReplicaState("one"));
        four.Report(new LoadReport(0, 0, 0, Instances: 4), Ms(0));
        one.Report(new LoadReport(0, 0, 0, Instances: 1), Ms(0));
        for (var i = 0; i < 4; i++)
            four.TryEnter(null, 1, Ms(0));
        one.TryEnter(null, 1, Ms(0));
        four.ForecastFinish(null, 1, Ms(0)).ShouldBeLessThan(one.ForecastFinish(null, 1, Ms(0)));
        for (var i = 0; i < 4; i++)
            four.TryEnter(null, 1, Ms(0));
        four.ForecastFinish(null, 1, Ms(0)).ShouldBeGreaterThan(one.ForecastFinish(null, 1, Ms(0)));
    }

    [Fact]
    public void Pending_ReportedOfOwnCalls_IsNotCountedTwice()
    {
        Enter(at: 0);
        Enter(at: 0);
        Report(0, pending: 2);
        _state.Pending.ShouldBe(2);
    }

    [Fact]
    public void Pending_ReportedOfOwnCallsThatHaveEnded_IsNoPhantom()
    {
        Enter(at: 0);
        _state.Exit(1);
        Report(0, pending: 1); // on its way when the call ended
        _state.Pending.ShouldBe(0);
        Report(500, pending: 1); // half a second later it is somebody else's
        _state.Pending.ShouldBe(1);
    }

    [Fact]
    public void Replica_Retired_IsNotEntered()
    {
        _state.TryEnter("a", 1, Ms(0)).ShouldBeTrue();
        _state.Retire().ShouldBeFalse();
        _state.TryEnter("a", 1, Ms(0)).ShouldBeFalse();
        _state.Exit(1).ShouldBeTrue();
        _state.InFlight.ShouldBe(0);
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Report(double at, int pending = 0, double backlogMs = 0) => _state.Report(new LoadReport(pending, pending, backlogMs), Ms(at));

    private void Enter(double at) => _state.TryEnter("a", 1, Ms(at)).ShouldBeTrue();

    private double Forecast(double at) => _state.ForecastFinish("a", 1, Ms(at)).TotalMilliseconds;
}
