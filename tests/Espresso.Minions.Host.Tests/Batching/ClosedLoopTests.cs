namespace Espresso.Minions.Tests.Batching;

/// <summary>What the policy and the forecast make of callers together.</summary>
public sealed class ClosedLoopTests
{
    [Theory]
    [InlineData(200, 3)]
    [InlineData(20, 3)]
    [InlineData(0, 50)]
    public void LoneCaller_IsNeverHeld(double a, double b) =>
        new ClosedLoop(1, a, b, max: 16, thinkMs: 1).Next(100).ShouldAllBe(run => run.Rows == 1 && run.Held == TimeSpan.Zero);

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    public void Callers_DeviceThatGainsByBatches_ComeToRunTogether(int callers)
    {
        var loop = new ClosedLoop(callers, 200, 3, max: 16, thinkMs: 1);
        loop.Next(20);

        var runs = loop.Next(100);

        runs.Average(run => run.Rows).ShouldBeGreaterThan(0.97 * callers);
        runs.Max(run => run.Held).TotalMilliseconds.ShouldBeLessThan(20);
    }

    [Fact]
    public void Callers_MoreThanABatchHolds_FillIt()
    {
        var loop = new ClosedLoop(20, 200, 3, max: 8, thinkMs: 1);
        loop.Next(20);

        loop.Next(100).ShouldAllBe(run => run.Rows == 8);
    }

    [Fact]
    public void Callers_LinearDevice_RunOneByOneWithoutAPause()
    {
        var loop = new ClosedLoop(6, 0, 50, max: 8, thinkMs: 1);
        loop.Next(10);

        loop.Next(50).ShouldAllBe(run => run.Rows == 1 && run.Held == TimeSpan.Zero);
    }

    [Fact]
    public void LastCallerOfMany_IsSoonNotHeldAnyMore()
    {
        var loop = new ClosedLoop(12, 200, 3, max: 16, thinkMs: 1);
        loop.Next(50);
        loop.SetCallers(1);

        var runs = loop.Next(30);

        runs.ShouldAllBe(run => run.Held.TotalMilliseconds < 100); // half of what a batch of two saves
        runs.Skip(12).ShouldAllBe(run => run.Rows == 1 && run.Held == TimeSpan.Zero);
    }
}
