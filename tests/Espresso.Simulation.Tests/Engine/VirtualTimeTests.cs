using Espresso.Simulation.Engine;

namespace Espresso.Simulation.Tests.Engine;

public sealed class VirtualTimeTests
{
    [Fact]
    public void Run_EventsSetInAnyOrder_HappenInTheOrderOfTheirTimes()
    {
        var time = new VirtualTime();
        var seen = new Recorder(time);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
            time.At(TimeSpan.FromMilliseconds(random.Next(1000)), seen, i);

        time.Run(TimeSpan.FromSeconds(1));

        seen.Happened.Count.ShouldBe(500);
        seen.Happened.Select(happened => happened.At).ShouldBeInOrder();
        time.Now.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Run_EventsOfOneInstant_HappenInTheOrderInWhichTheyWereSet()
    {
        var time = new VirtualTime();
        var seen = new Recorder(time);
        for (var i = 0; i < 100; i++)
            time.At(TimeSpan.FromMilliseconds(5), seen, i);

        time.Run(TimeSpan.FromSeconds(1));

        seen.Happened.Select(happened => happened.What).ShouldBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public void Run_EventAfterTheEnd_Waits()
    {
        var time = new VirtualTime();
        var seen = new Recorder(time);
        time.At(TimeSpan.FromSeconds(2), seen, 1);

        time.Run(TimeSpan.FromSeconds(1));
        seen.Happened.ShouldBeEmpty();
        time.Run(TimeSpan.FromSeconds(3));

        seen.Happened.ShouldBe([(TimeSpan.FromSeconds(2), 1)]);
    }

    [Fact]
    public void At_TimeInThePast_HappensNow()
    {
        var time = new VirtualTime();
        var seen = new Recorder(time);
        time.Run(TimeSpan.FromSeconds(1));
        time.At(TimeSpan.Zero, seen, 1);

        time.Run(TimeSpan.FromSeconds(2));

        seen.Happened.ShouldBe([(TimeSpan.FromSeconds(1), 1)]);
    }

    private sealed class Recorder(VirtualTime time) : Actor
    {
        public List<(TimeSpan At, int What)> Happened { get; } = [];

        public override void On(int what, object? with, long tag) => Happened.Add((time.Now, what));
    }
}
