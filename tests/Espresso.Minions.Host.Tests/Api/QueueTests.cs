using Espresso.Errors;
using Espresso.Leases;
using Espresso.Minions.Tests.Fakes;
using Grpc.Core;
using Inference;

namespace Espresso.Minions.Tests.Api;

/// <summary>What callers see of the queue: a minion whose every batch takes a while, on a device that is not there.</summary>
public sealed class QueueTests
{
    /// <summary>One item, as at warm-up, takes little; many in one request outlast the test.</summary>
    private static readonly string[] Slow = ["250", "--max-batch", "200"];

    [Fact]
    public async Task Infer_ManyAtOnce_EachGetsItsOwnAndTheCountsAddUp()
    {
        await using var minion = await Start("0.1", "--max-pending", "100");

        var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i => await minion.Client.ModelInferAsync(Requests.Echo(i))));

        for (var i = 0; i < 64; i++)
            replies[i].Output<float>().ShouldAllBe(value => value == i);
        (await minion.Metric("espresso_minion_received_total")).ShouldBe(64 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_finished_total")).ShouldBe(64 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_pending")).ShouldBe(0);
        (await minion.Metric("espresso_minion_queue_duration_seconds_count")).ShouldBe(64 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_compute_duration_seconds_count")).ShouldBe(64 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_batch_size_sum")).ShouldBeGreaterThanOrEqualTo(64 + MinionProcess.OwnCalls);
    }

    [Fact]
    public async Task Infer_QueueFull_IsResourceExhaustedWithATimeToComeBack()
    {
        await using var minion = await Start([.. Slow, "--max-pending", "2"]);
        using var running = minion.Client.ModelInferAsync(Requests.Echo(1, rows: 200));
        minion.WaitFor("espresso_minion_running", 1); // or the second might be first, and done soon
        using var waiting = minion.Client.ModelInferAsync(Requests.Echo(2));
        minion.WaitFor("espresso_minion_pending", 2);

        var error = await Should.ThrowAsync<RpcException>(async () => await minion.Client.ModelInferAsync(Requests.Echo(3)));

        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.ToFailure().Reason.ShouldBe(Reasons.QueueFull);
        error.ToFailure().RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        error.Trailers.ReadLoad().ShouldNotBeNull().Pending.ShouldBe(2u);
        await NodeClient.ShouldPass("queue_full", minion);
        (await minion.Metric("espresso_minion_rejected_total")).ShouldBe(2);
        (await minion.Metric("espresso_minion_received_total")).ShouldBe(2 + MinionProcess.OwnCalls);
    }

    [Fact]
    public async Task Infer_DeadlineOrTimeoutThatTheQueueCannotMeet_IsRefusedAtOnce()
    {
        await using var minion = await Start(Slow);
        using var running = minion.Client.ModelInferAsync(Requests.Echo(1, rows: 200));
        minion.WaitFor("espresso_minion_running", 1);
        var request = Requests.Echo(2);
        request.Parameters["timeout"] = new InferParameter { Int64Param = 20_000_000 };

        var late = minion.Client.ModelInferAsync(Requests.Echo(3), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20)).ResponseAsync;
        var timedOut = minion.Client.ModelInferAsync(request).ResponseAsync;

        foreach (var call in new[] { late, timedOut })
        {
            var error = await Should.ThrowAsync<RpcException>(call);
            (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.ResourceExhausted, Reasons.DeadlineUnmeetable));
            error.ToFailure().RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromSeconds(10));
        }

        (await minion.Metric("espresso_minion_rejected_total")).ShouldBe(2);
        (await minion.Metric("espresso_minion_pending")).ShouldBe(1); // the one on the device
    }

    [Fact]
    public async Task Infer_CallerGoesAway_IsDropped()
    {
        await using var minion = await Start(Slow);
        using var running = minion.Client.ModelInferAsync(Requests.Echo(1, rows: 200));
        minion.WaitFor("espresso_minion_running", 1);
        var waiting = minion.Client.ModelInferAsync(Requests.Echo(2));
        minion.WaitFor("espresso_minion_received_total", 2 + MinionProcess.OwnCalls);

        waiting.Dispose();

        (await Should.ThrowAsync<RpcException>(waiting.ResponseAsync)).StatusCode.ShouldBe(StatusCode.Cancelled);
        minion.WaitFor("espresso_minion_finished_total", 1 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_pending")).ShouldBe(1);
    }

    [Fact]
    public async Task Infer_OvertakenUntilItsTimeoutHasPassed_IsDroppedBeforeItCosts()
    {
        await using var minion = await Start("200", "--max-batch", "10");
        var requests = TensOfRows(4);
        requests[2].Parameters["timeout"] = new InferParameter { Int64Param = 7_200_000 };
        requests[3].Parameters["priority"] = new InferParameter { Uint64Param = 1 };

        // Of 2 s each: one runs, one lies ready behind it, the third would end after 6 s, in time, but the fourth goes before it.
        var calls = SendInOrder(minion, requests);

        (await Should.ThrowAsync<RpcException>(calls[2].ResponseAsync)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        foreach (var call in calls.Where(call => call != calls[2]))
            await call;
        (await minion.Metric("espresso_minion_batch_size_sum")).ShouldBe(30 + MinionProcess.OwnCalls);
        (await minion.Metric("espresso_minion_finished_total")).ShouldBe(4 + MinionProcess.OwnCalls);
    }

    [Fact]
    public async Task Infer_Priority_GoesBeforeWhatWaitsLonger()
    {
        await using var minion = await Start("100", "--max-batch", "10");
        var requests = TensOfRows(4);
        requests[3].Parameters["priority"] = new InferParameter { Uint64Param = 1 };

        // One runs, one lies ready behind it; the order of the two others is open.
        var calls = SendInOrder(minion, requests);

        var order = new List<long>();
        foreach (var call in calls)
            order.Add((await call).Parameters["espresso_batch_id"].Int64Param - MinionProcess.OwnCalls);
        order.ShouldBe([1, 2, 4, 3]);
    }

    [Fact]
    public async Task Stop_CallsInFlight_AreAnsweredFirst()
    {
        await using var minion = await Start("100", "--max-batch", "30");
        var call = minion.Client.ModelInferAsync(Requests.Echo(3, rows: 30));
        minion.WaitFor("espresso_minion_running", 1);
        var node = NodeClient.ShouldPass("echo", minion);
        minion.WaitFor("espresso_minion_pending", 2);

        minion.Terminate();

        (await call).Output<float>()[0].ShouldBe(3);
        await node;
        (await minion.Ended.WaitAsync(TimeSpan.FromSeconds(25))).ShouldBe(0); // the drain's limit of 30 s was not needed
    }

    [Fact]
    public async Task Stop_InputEnds_EndsWell()
    {
        await using var minion = await Start("0");

        minion.CloseInput();

        (await minion.Ended.WaitAsync(TimeSpan.FromSeconds(25))).ShouldBe(0);
    }

    private static List<ModelInferRequest> TensOfRows(int count) => [.. Enumerable.Range(1, count).Select(i => Requests.Echo(i, rows: 10))];

    private static List<AsyncUnaryCall<ModelInferResponse>> SendInOrder(MinionProcess minion, List<ModelInferRequest> requests)
    {
        var calls = new List<AsyncUnaryCall<ModelInferResponse>>();
        foreach (var request in requests)
        {
            calls.Add(minion.Client.ModelInferAsync(request));
            minion.WaitFor("espresso_minion_received_total", calls.Count + MinionProcess.OwnCalls);
        }

        return calls;
    }

    private static Task<MinionProcess> Start(params string[] itemMsAndMore) =>
        MinionProcess.Start([Packages.Write(Packages.Echo), "--simulated", $"0,{itemMsAndMore[0]}", .. itemMsAndMore[1..]]);
}
