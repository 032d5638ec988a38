using Espresso.Coordinator.Admission;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class DrainingWorkTests
{
    [Fact]
    public void Work_OfTwoQueues_FallsWithEachUntilItIsEmpty()
    {
        var work = new DrainingWork();
        work.Replace(null, nowMs: 0, backlogMs: 100, devices: 2, items: 10);
        work.Replace(null, nowMs: 0, backlogMs: 300, devices: 1, items: 3);

        work.WorkAt(0).ShouldBe(500);
        work.WorkAt(50).ShouldBe(350, 1e-9);
        work.ItemsAt(50).ShouldBe(7.5, 1e-9);
        work.WorkAt(200).ShouldBe(100, 1e-9);
        work.WorkAt(301).ShouldBe(0);
        work.ItemsAt(301).ShouldBe(0);
    }

    [Fact]
    public void Sum_AnyReportsAndDepartures_IsWhatAWalkOverAllQueuesGives() => Seeds.Check(200, random =>
    {
        var work = new DrainingWork();
        var queues = new Dictionary<int, (DrainingWork.Part? Part, double At, double Backlog, int Devices, double Items)>();
        var now = 0.0;
        for (var i = 0; i < 100; i++)
        {
            now += random.Next(3) == 0 ? random.Next(40) : 0;
            var key = random.Next(8);
            if (random.Next(6) == 0 && queues.Remove(key, out var gone))
            {
                work.Remove(gone.Part, now);
            }
            else
            {
                var (backlog, devices, items) = (random.Next(4) == 0 ? 0.0 : random.Next(100), random.Next(1, 4), random.Next(20));
                queues[key] = (work.Replace(queues.GetValueOrDefault(key).Part, now, backlog, devices, items), now, backlog, devices, items);
            }

            work.WorkAt(now).ShouldBe(queues.Values.Sum(queue => queue.Devices * Math.Max(0, queue.At + queue.Backlog - now)), 1e-6);
            work.ItemsAt(now).ShouldBe(
                queues.Values.Where(queue => queue.Backlog > 0).Sum(queue => queue.Items * Math.Max(0, queue.At + queue.Backlog - now) / queue.Backlog), 1e-6);
        }
    });
}
