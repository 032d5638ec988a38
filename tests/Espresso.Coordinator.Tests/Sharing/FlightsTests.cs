using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Sharing;
using Espresso.Errors;
using Espresso.TestKit;
using Espresso.Wire;

namespace Espresso.Coordinator.Tests.Sharing;

public sealed class FlightsTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly CoordinatorMetrics _metrics = new();
    private readonly List<IDisposable> _requests = [];
    private readonly Flights<string, Payload> _flights = new(whileHeld: false, () => { });

    public void Dispose()
    {
        _requests.ForEach(request => request.Dispose());
        _metrics.Dispose();
    }

    [Fact]
    public async Task Work_OfOneKey_IsDoneOnceForAll()
    {
        var work = new Work();
        var (first, second) = (new Caller(this), new Caller(this));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        work.Finish(7);
        (await led).Led.ShouldBeTrue();
        (await joined).Led.ShouldBeFalse();
        (await led).Value.ShouldBeSameAs((await joined).Value);
        work.Runs.ShouldBe(1);
        _flights.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Payload_Shared_LivesUntilTheLastHolderIsGone()
    {
        var work = new Work();
        var (first, second) = (new Caller(this), new Caller(this));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        work.Finish(7);
        var payload = (await led).Value;
        await joined;
        first.Memory.Dispose();
        payload.Span[0].ShouldBe((byte)7);
        second.Memory.Dispose();
        Should.Throw<ObjectDisposedException>(() => payload.Span.Length);
    }

    [Fact]
    public async Task Leader_Gone_LeavesTheWorkAndItsInputsToTheFollowers()
    {
        var work = new Work();
        var (first, second) = (new Caller(this), new Caller(this));
        var input = first.Memory.Keep(Payload.Rent(10));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        await first.Leaves.CancelAsync();
        (await Should.ThrowAsync<FailureException>(led)).Failure.Kind.ShouldBe(FailureKind.Cancelled);
        first.Memory.Dispose();
        input.Span.Length.ShouldBe(10); // the work still reads it
        work.Scope!.Stop.IsCancellationRequested.ShouldBeFalse();
        work.Finish(7);
        (await joined).Value.Span[0].ShouldBe((byte)7);
        await Landed();
        Should.Throw<ObjectDisposedException>(() => input.Span.Length);
    }

    [Fact]
    public async Task Everybody_Gone_CancelsTheWork()
    {
        var work = new Work();
        var (first, second) = (new Caller(this), new Caller(this));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        await second.Leaves.CancelAsync();
        await Should.ThrowAsync<FailureException>(joined);
        work.WasCancelled.ShouldBeFalse();
        await first.Leaves.CancelAsync();
        await Should.ThrowAsync<FailureException>(led);
        work.WasCancelled.ShouldBeTrue();
        _flights.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Deadline_OfTheLeader_IsNotTheFollowers()
    {
        var work = new Work();
        var (first, second) = (new Caller(this, seconds: 1), new Caller(this, seconds: 5));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        _time.Advance(TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<FailureException>(led)).Failure.Kind.ShouldBe(FailureKind.Late);
        await work.Started(2);
        work.Scope!.Deadline.ShouldBe(second.Scope.Deadline);
        work.Finish(7);
        (await joined).Led.ShouldBeTrue();
    }

    [Fact]
    public async Task Deadline_OfOneLeaderAfterTheOther_FailsWhoHasTimeOnlyOnce()
    {
        var work = new Work();
        var (first, second, patient) = (new Caller(this, seconds: 1), new Caller(this, seconds: 3), new Caller(this));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var led = _flights.Join("a", first.Scope, work.Run);
        var impatient = _flights.Join("a", second.Scope, work.Run); // the first in the line after it
        var joined = _flights.Join("a", patient.Scope, Run);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<FailureException>(led)).Failure.Kind.ShouldBe(FailureKind.Late);

        await begun.Task.WaitAsync(Patience.Limit); // without the second's end
        work.Finish(7);
        (await joined).Led.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(2));
        await impatient.ContinueWith(static _ => { }, TaskScheduler.Default); // it has its picture, or was late with a work of its own

        Task<Payload> Run(RequestScope scope)
        {
            var run = work.Run(scope);
            begun.TrySetResult();
            return run;
        }
    }

    [Fact]
    public async Task Deadline_OfTheLeader_DoesNotMakeTheFollowersLeadOneByOne()
    {
        var (work, joins, third) = (new Work(), 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var flights = new Flights<string, Payload>(whileHeld: false, () =>
        {
            if (Interlocked.Increment(ref joins) == 3)
                third.SetResult();
        });
        var callers = new[] { 1, 60, 61 }.Select(seconds => new Caller(this, seconds)).ToList();
        var all = callers.ConvertAll(caller => flights.Join("a", caller.Scope, work.Run));
        _time.Advance(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<FailureException>(all[0]);

        await third.Task.WaitAsync(Patience.Limit); // two followed the first, one follows the other
        await work.Started(2);
        work.Finish(7);
        await Task.WhenAll(all[1], all[2]);
        work.Runs.ShouldBe(2);
    }

    [Fact]
    public async Task Deadline_OfAFollower_EndsOnlyItsOwnWait()
    {
        var work = new Work();
        var (first, second) = (new Caller(this, seconds: 5), new Caller(this, seconds: 1));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        _time.Advance(TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<FailureException>(joined)).Failure.Kind.ShouldBe(FailureKind.Late);
        work.Finish(7);
        await led;
        work.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task Refusal_OfTheLeadersDeadline_IsNotTheFollowers()
    {
        var work = new Work();
        var (first, second) = (new Caller(this, seconds: 1), new Caller(this, seconds: 60));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        work.Fail(Failure.Overloaded(Reasons.DeadlineUnmeetable, "it would be done 200 ms after its deadline", TimeSpan.FromMilliseconds(200)));
        await Should.ThrowAsync<FailureException>(led);

        await work.Started(2);
        work.Finish(7);
        (await joined).Led.ShouldBeTrue();
    }

    [Fact]
    public async Task Refusal_OfTheLeadersDeadline_IsThatOfFollowersWhoHaveNoMoreTime()
    {
        var work = new Work();
        var (first, second) = (new Caller(this, seconds: 10), new Caller(this, seconds: 11));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        work.Fail(Failure.Overloaded(Reasons.DeadlineUnmeetable, "it would be done 2 s after its deadline", TimeSpan.FromSeconds(2)));
        await Should.ThrowAsync<FailureException>(led);
        (await Should.ThrowAsync<FailureException>(joined)).Failure.Reason.ShouldBe(Reasons.DeadlineUnmeetable);
        work.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task Failure_OfTheWork_IsEverybodysAndIsNotKept()
    {
        var work = new Work();
        var (first, second) = (new Caller(this), new Caller(this));
        var (led, joined) = (_flights.Join("a", first.Scope, work.Run), _flights.Join("a", second.Scope, work.Run));
        work.Fail(Failure.Internal(Reasons.ModelFailed, "no luck"));
        (await Should.ThrowAsync<FailureException>(led)).Failure.Message.ShouldBe("no luck");
        (await Should.ThrowAsync<FailureException>(joined)).Failure.Message.ShouldBe("no luck");
        work.Runs.ShouldBe(1);
        var again = _flights.Join("a", first.Scope, work.Run);
        work.Finish(7);
        (await again).Led.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Done_AndStillHeld_IsJoinedOnlyWhereItIsKept(bool whileHeld, int runs)
    {
        var flights = new Flights<string, Payload>(whileHeld, () => { });
        var work = new Work();
        var (first, second, third) = (new Caller(this), new Caller(this), new Caller(this));
        var led = flights.Join("a", first.Scope, work.Run);
        work.Finish(7);
        await led;
        var next = flights.Join("a", second.Scope, work.Run);
        work.Finish(7);
        await next;
        work.Runs.ShouldBe(runs);
        first.Memory.Dispose();
        second.Memory.Dispose();
        flights.Count.ShouldBe(0);
        var last = flights.Join("a", third.Scope, work.Run);
        work.Finish(7);
        await last;
        work.Runs.ShouldBe(runs + 1);
    }

    /// <summary>What runs after a flight's outcome is told has run: another flight has come and gone.</summary>
    private async Task Landed()
    {
        var work = new Work();
        var other = _flights.Join("other", new Caller(this).Scope, work.Run);
        work.Finish(1);
        await other;
    }

    private sealed class Caller
    {
        public Caller(FlightsTests test, int seconds = 60)
        {
            var gate = new RequestGate(new CoordinatorOptions(), test._metrics);
            gate.TryEnter(out var ticket, out _).ShouldBeTrue();
            var request = new InferenceRequest(ticket!) { Id = "x", Models = [], Image = Payload.Rent(1), Arrived = test._time.GetTimestamp(), Memory = Memory };
            var total = TimeSpan.FromSeconds(seconds);
            Scope = new RequestScope(request, total, total, test._time, Leaves.Token);
            test._requests.AddRange([request, Scope, Leaves]);
        }

        public RequestMemory Memory { get; } = new();

        public CancellationTokenSource Leaves { get; } = new();

        public RequestScope Scope { get; }
    }

    /// <summary>Work that ends when the test says so, or when it is cancelled.</summary>
    private sealed class Work
    {
        private TaskCompletionSource<byte> _end = new();
        private TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Runs { get; private set; }

        public RequestScope? Scope { get; private set; }

        public bool WasCancelled { get; private set; }

        public async Task<Payload> Run(RequestScope scope)
        {
            Runs++;
            Scope = scope;
            var end = _end.Task;
            if (Runs == 2)
                _second.SetResult();
            try
            {
                var payload = scope.Memory.Keep(Payload.Rent(100));
                var value = await end.WaitAsync(scope.Stop);
                payload.Span[0] = value;
                return payload;
            }
            catch (OperationCanceledException)
            {
                WasCancelled = true;
                throw new FailureException(scope.Over!);
            }
        }

        public Task Started(int runs) => runs == 2 ? _second.Task : throw new ArgumentOutOfRangeException(nameof(runs));

        public void Finish(byte value) => Next().SetResult(value);

        public void Fail(Failure failure) => Next().SetException(new FailureException(failure));

        private TaskCompletionSource<byte> Next()
        {
            var end = _end;
            _end = new TaskCompletionSource<byte>();
            return end;
        }
    }
}
