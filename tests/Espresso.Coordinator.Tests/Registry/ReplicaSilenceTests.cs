using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Tests.Registry;

/// <summary>When a replica's silence counts as its end. The best batch takes 140 ms, so four are 560.</summary>
public sealed class ReplicaSilenceTests
{
    private readonly ReplicaState _state = new("r") { Costs = new CostModel([("a", 1, 50), ("a", 2, 80), ("a", 4, 140)]) };

    [Fact]
    public void Replica_WithWork_OwesAnAnswerWithinFourBatches()
    {
        Report(0);
        Enter(100);
        Enter(400);
        SilentAt().ShouldBe(100 + 560);
    }

    [Fact]
    public void Answer_ToAnybody_BreaksTheSilence()
    {
        Report(0);
        Enter(100);
        Enter(100);
        _state.Ended(CallEnd.Refused, Ms(300));
        SilentAt().ShouldBe(300 + 560);
        _state.Ended(CallEnd.Failed, Ms(500));
        _state.Ended(CallEnd.NoWord, Ms(500));
        SilentAt().ShouldBe(300 + 560);
    }

    [Fact]
    public void Report_OfItemsFinishedForOthers_BreaksTheSilence()
    {
        _state.Report(new LoadReport(0, 0, 0, Finished: 7), Ms(0));
        Enter(100);
        _state.Report(new LoadReport(1, 1, 0, Finished: 8), Ms(500));
        SilentAt().ShouldBe(500 + 560);
        _state.Report(new LoadReport(1, 1, 0), Ms(600)); // with a reply, which does not tell
        _state.Report(new LoadReport(1, 1, 0, Finished: 8), Ms(1000));
        SilentAt().ShouldBe(500 + 560);
    }

    [Theory]
    [InlineData(60_000, 560)]
    [InlineData(10, 280)]
    public void Call_BehindOthersWork_WaitsForThatAsWell(double most, double patience)
    {
        Report(0);
        Enter(0);
        _state.Report(new LoadReport(20, 4, 700), Ms(100));
        _state.SilentAt(Ms(most)).ShouldBe(Ms(patience + 700));
        _state.Report(new LoadReport(20, 4, 1_000_000), Ms(200));
        _state.SilentAt(Ms(most)).ShouldBe(Ms(200 + 1500), "a process that does not report has stopped, whatever waits there");
    }

    [Fact]
    public void Load_OfALease_TellsWhatWasRunAndNotWhatWasDropped() =>
        LoadReport.Of(new Load { Done = 5, Failed = 2, Dropped = 90, Rejected = 8 }).Finished.ShouldBe(7ul);

    [Fact]
    public void Replica_ThatReportsNothingEither_IsSilentByTheStalenessBound()
    {
        _state.Costs = new CostModel([("a", 1, 5_000)]);
        Report(0);
        Enter(100);
        SilentAt().ShouldBe(100 + 1500);
        Report(600);
        SilentAt().ShouldBe(600 + 1500);
    }

    [Fact]
    public void Replica_OfFastBatches_HasTimeForAHiccup()
    {
        _state.Costs = new CostModel([("a", 1, 2)]);
        Report(0);
        Enter(0);
        SilentAt().ShouldBe(300);
    }

    [Theory]
    [InlineData(400, 400)]
    [InlineData(10, 280)] // what cannot wait for two batches is no sign of silence
    public void Call_InAHurry_WaitsNoLongerThanItCan(double most, double patience)
    {
        Report(0);
        Enter(0);
        _state.SilentAt(Ms(most)).ShouldBe(Ms(patience));
    }

    [Fact]
    public void Replica_WithoutCosts_IsSilentOnlyIfItDoesNotReport()
    {
        _state.Costs = CostModel.None;
        Report(0);
        Enter(100);
        SilentAt().ShouldBe(1600);
        Report(1500);
        SilentAt().ShouldBe(3000);
    }

    [Fact]
    public void Replica_WhateverHappens_CountsItsCallsAndForecastsNothingBeforeNow() => Seeds.Check(200, random =>
    {
        var state = new ReplicaState("r") { Costs = new CostModel([("a", 1, 50), ("a", 4, 140), ("b", 1, 9)]) };
        var (inFlight, now) = (0, TimeSpan.Zero);
        for (var i = 0; i < 300; i++)
        {
            now += Ms(random.Next(60));
            switch (random.Next(5))
            {
                case 0 or 1:
                    inFlight += state.TryEnter(random.Next(2) == 0 ? "a" : "b", 1, now) ? 1 : 0;
                    break;
                case 2 or 3 when inFlight > 0:
                    if (state.Ended((CallEnd)random.Next(4), now))
                        state.Eject(now);
                    state.Exit(1);
                    inFlight--;
                    break;
                default:
                    state.Report(new LoadReport(random.Next(9), random.Next(9), random.Next(500), random.Next(1, 4)), now);
                    break;
            }

            state.InFlight.ShouldBe(inFlight);
            state.Pending.ShouldBeGreaterThanOrEqualTo(inFlight);
            state.ForecastFinish("a", 1, now).ShouldBeGreaterThan(TimeSpan.Zero);
        }
    });

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Report(double at) => _state.Report(new LoadReport(0, 0, 0), Ms(at));

    private void Enter(double at) => _state.TryEnter("a", 1, Ms(at)).ShouldBeTrue();

    private double SilentAt() => _state.SilentAt(TimeSpan.FromMinutes(1)).TotalMilliseconds;
}
