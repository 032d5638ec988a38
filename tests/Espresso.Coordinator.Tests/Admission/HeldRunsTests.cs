using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Sharing;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class HeldRunsTests
{
    private static readonly TimeSpan Noon = TimeSpan.FromHours(12);
    private static readonly RunIdentity Run = new("depth of a picture", 100);
    private static readonly RunIdentity SameLength = new("depth of another one", 100);

    private readonly HeldRuns _held = new();

    [Fact]
    public void Run_Held_IsJoinedUntilItsLastSlotHasGone()
    {
        _held.CanJoin(Run, Noon).ShouldBeFalse();
        _held.Add(Run, Noon);
        _held.Add(Run, Noon + TimeSpan.FromHours(1)); // lent, or led anew
        _held.CanJoin(SameLength, Noon).ShouldBeFalse();
        _held.Remove(Run);
        _held.CanJoin(Run, Noon).ShouldBeTrue();
        _held.Remove(Run);
        _held.CanJoin(Run, Noon).ShouldBeFalse();
    }

    [Fact]
    public void Run_ThatMayEndLaterThanWhoWouldJoin_IsNotJoined()
    {
        _held.Add(Run, Noon);
        _held.CanJoin(Run, Noon - TimeSpan.FromTicks(1)).ShouldBeFalse();
        _held.CanJoin(Run, Noon).ShouldBeTrue();
    }

    [Fact]
    public void Length_OfSeveralRuns_IsKnownUntilTheLastHasGone()
    {
        _held.HasLength(100).ShouldBeFalse();
        _held.Add(Run, Noon);
        _held.Add(SameLength, Noon);
        _held.Remove(Run);
        _held.HasLength(100).ShouldBeTrue();
        _held.HasLength(101).ShouldBeFalse();
        _held.Remove(SameLength);
        _held.HasLength(100).ShouldBeFalse();
    }
}
