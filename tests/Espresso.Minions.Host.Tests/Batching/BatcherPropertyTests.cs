using Espresso.Errors;
using Espresso.Minions.Batching;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Batching;

/// <summary>Whatever happens in whatever order: the counts add up, and every accepted item has the one outcome that it must have.</summary>
public sealed class BatcherPropertyTests
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void Operations_InAnyOrder_KeepEveryPromise(bool accelerator, int instances) =>
        Seeds.Check(40, random => Play(random, accelerator, instances).GetAwaiter().GetResult());

    private static async Task Play(Random random, bool accelerator, int instances)
    {
        var maxBatch = random.Next(1, 6);
        using var rig = new Rig(accelerator, instances, maxBatch, maxPending: 12, fixedMs: 2);
        var accepted = new Dictionary<InferItem, float>();
        var rejected = 0;
        for (var i = 0; i < 60; i++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    var value = 10 + i;
                    var item = rig.Item(
                        value, rows: random.Next(1, 1 + Math.Min(maxBatch, 3)), width: random.Next(2) == 0 ? 4 : 6, priority: random.Next(1, 4),
                        deadlineMs: random.Next(3) == 0 ? random.Next(0, 20) : null, flow: new FlowKey($"{random.Next(3)}", "interactive"));
                    if (random.Next(6) == 0)
                        rig.Executor.Faulty[value] = true;
                    if (rig.Batcher.TryEnqueue(item) is not { } refusal)
                        accepted[item] = value;
                    else
                        (rejected, _) = (rejected + 1, refusal.RetryAfter.ShouldNotBeNull());
                    break;
                case 5 when accepted.Count > 0:
                    rig.Batcher.Cancel(accepted.Keys.ElementAt(random.Next(accepted.Count)), Failure.Cancelled("gone"));
                    break;
                case 6:
                    rig.Executor.Stepwise = true;
                    break;
                case 7:
                    rig.Executor.LetAllGo();
                    break;
                default:
                    rig.Time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 6)));
                    break;
            }

            rig.CountsShouldAddUp();
        }

        if (random.Next(4) == 0)
        {
            rig.Executor.LetAllGo();
            await Task.Run(rig.Batcher.Dispose).WaitAsync(Patience.Limit);
        }

        rig.RunToIdle();

        rig.Executor.Runs.ShouldAllBe(values => values.Length <= maxBatch);
        await Judge(rig, accepted, rejected);
    }

    private static async Task Judge(Rig rig, Dictionary<InferItem, float> accepted, int rejected)
    {
        var seen = rig.Executor.Runs.SelectMany(values => values).ToHashSet();
        var (done, failed, dropped) = (0, 0, 0);
        foreach (var (item, value) in accepted)
        {
            var (_, failure, times) = await Rig.Outcome(item);
            switch (failure?.Kind)
            {
                case null:
                    times.Computed.ShouldBeLessThan(item.Deadline); // no answer after its deadline
                    rig.Executor.Faulty.ContainsKey(value).ShouldBeFalse();
                    await Rig.ShouldHaveItsAnswer(item, value);
                    done++;
                    break;
                case FailureKind.Internal:
                    rig.Executor.Faulty.ContainsKey(value).ShouldBeTrue();
                    failure.Message.ShouldContain($"{value} is faulty");
                    failed++;
                    break;
                case FailureKind.Late when seen.Contains(value):
                    failure.Message.ShouldContain("batch ran");
                    failed++;
                    break;
                default:
                    failure.Kind.ShouldBeOneOf(FailureKind.Cancelled, FailureKind.Late, FailureKind.Unavailable);
                    seen.ShouldNotContain(value); // it cost the device nothing
                    dropped++;
                    break;
            }

            Rig.IsGivenBack(item.Inputs[0].Payload).ShouldBeTrue();
        }

        var counts = rig.Batcher.Counts();
        (counts.Done, counts.Failed, counts.Dropped, counts.Rejected).ShouldBe((done, failed, dropped, rejected));
        (counts.Received, counts.Pending, counts.Running).ShouldBe((accepted.Count, 0, 0));
    }
}
