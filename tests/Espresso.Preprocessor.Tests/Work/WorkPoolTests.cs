using System.Collections.Concurrent;
using Espresso.Errors;
using Espresso.Preprocessor.Work;
using Espresso.TestKit;

namespace Espresso.Preprocessor.Tests.Work;

public sealed class WorkPoolTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Run_Work_IsDoneOnAThreadOfThePool()
    {
        using var pool = Pool();

        var worked = await pool.Run("test", _ => Thread.CurrentThread.Name, CancellationToken.None);

        worked.Result.ShouldBe("pictures-1");
        (await Counted(pool)).ShouldBe(new WorkCounts(Received: 1, Done: 1, Failed: 0, Dropped: 0, Rejected: 0, Waiting: 0, Running: 0));
    }

    [Fact]
    public async Task Run_FullQueue_RefusesWithAReasonAndATime()
    {
        using var pool = Pool(queue: 2);
        using var blocker = new Blocker(pool);
        var waiting = new[] { pool.Run("test", _ => 1, CancellationToken.None), pool.Run("test", _ => 2, CancellationToken.None) };

        var failure = (await Should.ThrowAsync<FailureException>(pool.Run("test", _ => 3, CancellationToken.None))).Failure;

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.Overloaded, Reasons.QueueFull));
        failure.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        blocker.Release();
        (await Task.WhenAll(waiting)).Select(worked => worked.Result).ShouldBe([1, 2]);
        (pool.Counts.Received, pool.Counts.Rejected).ShouldBe((3, 1));
    }

    [Fact]
    public async Task Run_CancelledWhileItWaits_LeavesTheQueueAtOnceAndCostsNothing()
    {
        using var pool = Pool(queue: 1);
        using var blocker = new Blocker(pool);
        using var cancellation = new CancellationTokenSource();
        var ran = false;
        var waiting = pool.Run("test", _ => ran = true, cancellation.Token);

        await cancellation.CancelAsync();

        (await Should.ThrowAsync<FailureException>(waiting)).Failure.Kind.ShouldBe(FailureKind.Cancelled);
        pool.Counts.ShouldBe(new WorkCounts(Received: 2, Done: 0, Failed: 0, Dropped: 1, Rejected: 0, Waiting: 0, Running: 1));
        var next = pool.Run("test", _ => 7, CancellationToken.None); // its place is free again
        blocker.Release();
        (await next).Result.ShouldBe(7);
        ran.ShouldBeFalse();
    }

    [Fact]
    public async Task Run_CancelledBefore_NeverStarts()
    {
        using var pool = Pool();
        using var blocker = new Blocker(pool);

        (await Should.ThrowAsync<FailureException>(pool.Run("test", _ => 1, new CancellationToken(canceled: true))))
            .Failure.Kind.ShouldBe(FailureKind.Cancelled);
    }

    [Fact]
    public async Task InParts_IdleThread_TakesAPart()
    {
        using var pool = Pool(workers: 2);
        using var both = new Barrier(2);
        var names = new ConcurrentBag<string>();

        await pool.Run("test", Meet, CancellationToken.None);

        names.Order().ShouldBe(["pictures-1", "pictures-2"]); // neither part ends before the other has begun
        (await Counted(pool)).ShouldBe(new WorkCounts(Received: 1, Done: 1, Failed: 0, Dropped: 0, Rejected: 0, Waiting: 0, Running: 0));

        int Meet(WorkBudget budget)
        {
            budget.InParts(2, _ =>
            {
                both.SignalAndWait();
                names.Add(Thread.CurrentThread.Name!);
            });
            return 0;
        }
    }

    [Fact]
    public async Task InParts_NoIdleThread_DoesAllPartsItself()
    {
        using var pool = Pool(workers: 2);
        using var blocker = new Blocker(pool);
        var parts = new ConcurrentBag<(int Part, string Thread)>();

        var own = await pool.Run("test", Count, CancellationToken.None);

        parts.Select(part => part.Part).Order().ShouldBe(Enumerable.Range(0, 100));
        parts.ShouldAllBe(part => part.Thread == own.Result);

        string Count(WorkBudget budget)
        {
            budget.InParts(100, part => parts.Add((part, Thread.CurrentThread.Name!)));
            return Thread.CurrentThread.Name!;
        }
    }

    [Fact]
    public async Task InParts_PartThatFails_FailsTheWorkAndLeavesThePoolWhole()
    {
        using var pool = Pool(workers: 2);

        await Should.ThrowAsync<InvalidOperationException>(pool.Run("test", Fail, CancellationToken.None));

        (await pool.Run("test", _ => 5, CancellationToken.None)).Result.ShouldBe(5);
        (await Counted(pool)).ShouldBe(new WorkCounts(Received: 2, Done: 1, Failed: 1, Dropped: 0, Rejected: 0, Waiting: 0, Running: 0));

        static int Fail(WorkBudget budget)
        {
            budget.InParts(10, part => throw new InvalidOperationException($"{part}"));
            return 0;
        }
    }

    [Fact]
    public async Task Run_FailingWork_FailsAloneAndIsCounted()
    {
        using var pool = Pool();

        await Should.ThrowAsync<InvalidOperationException>(pool.Run<int>("test", _ => throw new InvalidOperationException(), CancellationToken.None));

        (await pool.Run("test", _ => 5, CancellationToken.None)).Result.ShouldBe(5);
        var counts = await Counted(pool);
        (counts.Done, counts.Failed).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Run_Budget_IsTheTimeLimitFromTheBeginningOfTheWork()
    {
        using var pool = Pool();
        using var blocker = new Blocker(pool);
        var waiting = pool.Run(
            "test",
            budget =>
            {
                budget.ThrowIfSpent(); // the time in the queue does not count
                _time.Advance(TimeSpan.FromSeconds(3));
                budget.ThrowIfSpent();
                return 0;
            },
            CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(1));
        blocker.Release();

        (await Should.ThrowAsync<FailureException>(waiting)).Failure.Reason.ShouldBe(Reasons.TimeLimit);
    }

    [Fact]
    public async Task Run_Times_AreWaitAndWork()
    {
        using var pool = Pool();
        using var blocker = new Blocker(pool);
        var waiting = pool.Run("test", _ => { _time.Advance(TimeSpan.FromSeconds(1)); return 0; }, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(5));
        blocker.Release();

        var worked = await waiting;

        (worked.Wait, worked.Took).ShouldBe((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task WhenIdle_WorkInFlight_CompletesWithTheLast()
    {
        using var pool = Pool();
        using var blocker = new Blocker(pool);
        var last = pool.Run("test", _ => 1, CancellationToken.None);
        var idle = pool.WhenIdle(CancellationToken.None);
        idle.IsCompleted.ShouldBeFalse();

        blocker.Release();

        await idle;
        pool.Counts.ShouldBe(new WorkCounts(Received: 2, Done: 2, Failed: 0, Dropped: 0, Rejected: 0, Waiting: 0, Running: 0));
        (await last).Result.ShouldBe(1);
    }

    [Fact]
    public async Task Dispose_WaitingWork_IsRefusedAndThreadsEnd()
    {
        var ended = 0;
        var pool = new WorkPool(new WorkPoolOptions(2, 8, TimeSpan.FromSeconds(2)), _time, Core.Metrics(), () => Interlocked.Increment(ref ended));
        using var one = new Blocker(pool);
        using var two = new Blocker(pool);
        var waiting = pool.Run("test", _ => 1, CancellationToken.None);

        var disposed = Task.Run(pool.Dispose);
        (await Should.ThrowAsync<FailureException>(waiting)).Failure.Reason.ShouldBe(Reasons.Draining);
        one.Release();
        two.Release();
        await disposed;

        ended.ShouldBe(2);
        await Should.ThrowAsync<FailureException>(pool.Run("test", _ => 1, CancellationToken.None));
    }

    [Fact]
    public async Task Run_ManyCallersAtOnce_CountsAddUp()
    {
        using var pool = new WorkPool(new WorkPoolOptions(3, 50, TimeSpan.FromSeconds(2)), TimeProvider.System, Core.Metrics(), () => { });
        var callers = Enumerable.Range(0, 400).Select(i => Task.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            var run = pool.Run<int>("test", _ => i % 5 == 0 ? throw new InvalidOperationException() : i, cancellation.Token);
            if (i % 3 == 0)
                await cancellation.CancelAsync();
            await run.ContinueWith(_ => { }, TaskScheduler.Default);
        }));

        await Task.WhenAll(callers);
        var counts = await Counted(pool);
        counts.Received.ShouldBe(counts.Done + counts.Failed + counts.Dropped);
        (counts.Received + counts.Rejected).ShouldBe(400);
    }

    /// <summary>Work is counted when its caller has its result already.</summary>
    private static async Task<WorkCounts> Counted(WorkPool pool)
    {
        await pool.WhenIdle(CancellationToken.None);
        return pool.Counts;
    }

    private WorkPool Pool(int queue = 8, int workers = 1) => new(new WorkPoolOptions(workers, queue, TimeSpan.FromSeconds(2)), _time, Core.Metrics(), () => { });

    /// <summary>Holds one thread of the pool until it is released.</summary>
    private sealed class Blocker : IDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly Task _held;

        public Blocker(WorkPool pool)
        {
            using var holding = new ManualResetEventSlim();
            _held = pool.Run("blocker", _ => { holding.Set(); _release.Wait(); return 0; }, CancellationToken.None);
            holding.Wait();
        }

        public void Release() => _release.Set();

        public void Dispose()
        {
            _release.Set();
            _held.Wait();
            _release.Dispose();
        }
    }
}
