using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Tests.Registry;

public sealed class ReplicaHealthTests
{
    private ReplicaHealth _health;

    [Fact]
    public void Failures_SeveralInARow_AreEnoughToEject()
    {
        End(CallEnd.Failed, 0).ShouldBeFalse();
        End(CallEnd.Failed, 0).ShouldBeFalse();
        End(CallEnd.Answered, 0).ShouldBeFalse();
        End(CallEnd.Failed, 0).ShouldBeFalse();
        End(CallEnd.Failed, 0).ShouldBeFalse();
        End(CallEnd.Failed, 0).ShouldBeTrue();
        _health.IsEjected.ShouldBeFalse(); // whoever knows that others are there does it
    }

    [Fact]
    public void Refusals_AndCallsWithoutAWord_AreNoFailures()
    {
        for (var i = 0; i < 10; i++)
        {
            End(CallEnd.Refused, 0).ShouldBeFalse();
            End(CallEnd.NoWord, 0).ShouldBeFalse();
        }
    }

    [Fact]
    public void Ejected_GetsNothingThenOneTrialThenAll()
    {
        _health.Eject(At(0));
        _health.Takes(At(0.99)).ShouldBeFalse();
        _health.Takes(At(1)).ShouldBeTrue();
        _health.Word.ShouldBe("ejected");
        _health.Entered(At(1));
        _health.Word.ShouldBe("trial");
        _health.Takes(At(5)).ShouldBeFalse(); // one at a time
        End(CallEnd.Answered, 5);
        _health.Word.ShouldBe("live");
        _health.Takes(At(5)).ShouldBeTrue();
    }

    [Fact]
    public void Trial_Failing_EjectsForTwiceAsLong()
    {
        _health.Eject(At(0));
        var (from, lasts) = (1.0, 1.0);
        for (var i = 0; i < 8; i++)
        {
            _health.Entered(At(from));
            End(CallEnd.Failed, from);
            lasts = Math.Min(2 * lasts, 30);
            _health.Takes(At(from + lasts - 0.01)).ShouldBeFalse();
            _health.Takes(At(from + lasts)).ShouldBeTrue();
            from += lasts;
        }
    }

    [Fact]
    public void Trial_WithoutAWord_LeavesThePlaceToTheNext()
    {
        _health.Eject(At(0));
        _health.Entered(At(1));
        End(CallEnd.NoWord, 2);
        _health.Word.ShouldBe("ejected");
        _health.Takes(At(2)).ShouldBeTrue();
    }

    [Fact]
    public void Call_EnteredBeforeTheTimeIsOver_IsNoTrial()
    {
        _health.Eject(At(0));
        _health.Entered(At(0.5)); // where all are ejected
        _health.Word.ShouldBe("ejected");
        End(CallEnd.Failed, 0.6);
        _health.Takes(At(1)).ShouldBeTrue(); // it is no longer ejected than it was
    }

    [Fact]
    public void Ejection_LongAfterTheLast_IsShortAgain()
    {
        _health.Eject(At(0));
        _health.Entered(At(1));
        End(CallEnd.Answered, 1);
        _health.Eject(At(100));
        _health.Takes(At(101)).ShouldBeTrue();
        _health.Entered(At(101));
        End(CallEnd.Answered, 101);
        _health.Eject(At(110));
        _health.Takes(At(111)).ShouldBeFalse();
        _health.Takes(At(112)).ShouldBeTrue();
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private bool End(CallEnd end, double at) => _health.Ended(end, At(at));
}
