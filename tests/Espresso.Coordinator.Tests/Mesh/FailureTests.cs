using System.Net;
using System.Text.Json;
using Espresso.Errors;
using Espresso.Protos.Coordinator;
using Espresso.TestKit;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>What goes wrong behind the coordinator, and what a client sees of it.</summary>
public sealed class FailureTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);
    private static readonly byte[] Twenty = FakePictures.File(40, 30, 20);

    [Fact]
    public async Task Model_Failing_IsItsOwnStatusAndSkipsWhoNeedsIt()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        mesh.Process.Models.Before["segmentation"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var (response, json) = await mesh.Infer("?models=depth,segmentation,inpainting", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Statuses(json).ShouldBe(["segmentation failed", "inpainting skipped", "depth ok"], ignoreOrder: true);
        var segmentation = json.GetProperty("results").GetProperty("segmentation");
        segmentation.GetProperty("reason").GetString().ShouldBe(Reasons.ModelFailed);
        segmentation.GetProperty("message").GetString().ShouldBe("no luck");
        json.GetProperty("results").GetProperty("inpainting").GetProperty("message").GetString().ShouldBe("needs segmentation@0.1: no luck");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Models_AllFailing_GiveAProblemWithTheWorst()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        mesh.Process.Models.Before["depth"] = _ => throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromSeconds(3)));
        mesh.Process.Models.Before["segmentation"] = _ => throw new FailureException(Failure.Invalid(Reasons.InvalidTensor, "what is this"));
        var (response, json) = await mesh.Infer("?models=depth,segmentation&id=x", Ten);

        ((int)response.StatusCode).ShouldBe(500); // the minion blames the tensor, but the client did not make it
        json.GetProperty("reason").GetString().ShouldBe(Reasons.ModelFailed);
        json.GetProperty("id").GetString().ShouldBe("x");
        Statuses(json).ShouldBe(["depth rejected", "segmentation failed"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Encoding_Failing_FailsThatModelOnly()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        mesh.Process.Pictures.BeforeEncode = (order, _) =>
            order.Bits == 16 ? throw new FailureException(Failure.Invalid(Reasons.InvalidTensor, "too deep")) : Task.CompletedTask;
        var (_, json) = await mesh.Infer("?models=depth,segmentation", Ten);
        Statuses(json).ShouldBe(["depth failed", "segmentation ok"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Replica_Full_LeavesTheRequestToAnother()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        mesh.Process.Models.Before["depth"] = _ => throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromMilliseconds(2300)));
        var (refused, _) = await mesh.Infer("?models=depth", Ten);
        ((int)refused.StatusCode).ShouldBe(429);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(3));

        var other = await mesh.Add();
        await other.Join(Packages.Depth());
        for (var i = 0; i < 5; i++) // whichever replica comes first
            (await mesh.Infer("?models=depth", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.Models.Calls.ShouldBe(5);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Replica_Dying_LosesNoRequest()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var other = await mesh.Add();
        await other.Join(Packages.Depth());
        mesh.Process.Models.Before["depth"] = context =>
        {
            context.GetHttpContext().Abort(); // what a killed process looks like from here
            return Task.FromException(new OperationCanceledException());
        };
        for (var i = 0; i < 5; i++)
            (await mesh.Infer("?models=depth", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.Models.Calls.ShouldBe(5);
        await mesh.ShouldBeEmpty();
    }

    /// <summary>What a server says that knows nothing of the model: it has the address of one that was there before.</summary>
    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.Unimplemented)]
    public async Task Replica_WhoseAddressIsAnothers_IsNotAskedForLong(StatusCode status)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        mesh.Process.Models.Before["depth"] = _ => throw new RpcException(new Status(status, "who is that?"));
        var (failed, problem) = await mesh.Infer("?models=depth", Ten);
        failed.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        problem.GetProperty("detail").GetString()!.ShouldContain("who is that?");

        var other = await mesh.Add();
        await other.Join(Packages.Depth());
        for (var i = 0; i < 20; i++)
            (await mesh.Infer("?models=depth", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        mesh.Process.Models.Calls.ShouldBeLessThan(10, "it is ejected");
        other.Models.Calls.ShouldBe(20);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deadline_Reached_GivesWhatIsThere()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, _ => { }, Packages.Depth(), Packages.Segmentation("7.1"));
        mesh.Process.Models.Before["depth"] = Forever;
        using var done = new StepsDone("segmentation", "7.1");
        var running = mesh.Infer("?models=depth,segmentation&deadline_ms=300000", Ten);
        await done.First;
        time.Advance(TimeSpan.FromMinutes(5));

        var (response, json) = await running;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Statuses(json).ShouldBe(["depth deadline", "segmentation ok"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deadline_ReachedWithNothing_Is504()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, _ => { }, Packages.Depth());
        var began = new TaskCompletionSource();
        mesh.Process.Models.Before["depth"] = context =>
        {
            began.SetResult();
            return Forever(context);
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = new ByteArrayContent(Ten) };
        request.Headers.Add("X-Deadline-Ms", "300000");
        var running = mesh.Http.SendAsync(request);
        await began.Task;
        time.Advance(TimeSpan.FromMinutes(5));
        using var response = await running;
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deadline_OfAManifest_HoldsWhereTheRequestHasNone()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(deadlineMs: 300));
        mesh.Process.Models.Before["depth"] = Forever;
        var (_, problem) = await mesh.Infer("?models=depth", Ten);
        problem.GetProperty("detail").GetString()!.ShouldContain("300 ms");
    }

    [Fact]
    public async Task Deadline_OverGrpc_StillBringsWhatIsThere()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, _ => { }, Packages.Depth(), Packages.Segmentation("7.2"));
        mesh.Process.Models.Before["depth"] = Forever;
        using var done = new StepsDone("segmentation", "7.2");
        var running = new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel).InferAsync(
            new InferRequest { Models = { "depth", "segmentation" }, Image = ByteString.CopyFrom(Ten) },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(4));
        await done.First;
        time.Advance(TimeSpan.FromMinutes(5));
        (await running).Results.Select(result => result.Status).ShouldBe(["deadline", "ok"]);
    }

    [Fact]
    public async Task Client_Leaving_CancelsTheMinion()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = async context =>
        {
            context.CancellationToken.Register(ended.SetResult);
            began.SetResult();
            await ended.Task;
            context.CancellationToken.ThrowIfCancellationRequested();
        };
        using var leaves = new CancellationTokenSource();
        var running = mesh.Infer("?models=depth", Ten, leaves.Token);
        await began.Task;
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await ended.Task;
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_Full_RefusesBeforeAnythingIsDecoded()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(maxPending: 1), Packages.Segmentation());
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var first = mesh.Infer("?models=depth", Ten);
        await began.Task;
        var (second, problem) = await mesh.Infer("?models=segmentation,depth", Twenty);

        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        problem.GetProperty("reason").GetString().ShouldBe(Reasons.QueueFull);
        mesh.Process.Pictures.Decodes.ShouldBe(1);

        var rpc = await Should.ThrowAsync<RpcException>(new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel)
            .InferAsync(new InferRequest { Models = { "depth" }, Image = ByteString.CopyFrom(Twenty) }).ResponseAsync);
        rpc.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        rpc.Trailers.GetValue(GrpcFailures.ReasonTrailer).ShouldBe(Reasons.QueueFull);

        goOn.SetResult();
        (await first).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_ToServe_Is503()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        await mesh.Process.Leave();
        var (response, json) = await mesh.Infer("?models=depth", Ten);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        json.GetProperty("reason").GetString().ShouldBe(Reasons.NoReplica);
    }

    [Fact]
    public async Task Stopping_FinishesWhatIsThereAndTakesNothingNew()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting());
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["segmentation"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var running = mesh.Infer("?models=inpainting", Ten);
        await began.Task;
        var stopping = mesh.App.StopAsync();
        var (refused, problem) = await mesh.Infer("?models=segmentation", Ten);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        problem.GetProperty("reason").GetString().ShouldBe(Reasons.Draining);
        refused.Headers.ConnectionClose.ShouldBe(true); // behind a load balancer the next connection is another coordinator's
        refused.Headers.RetryAfter.ShouldNotBeNull();

        goOn.SetResult(); // the second wave still finds its replica
        (await running).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await stopping;
    }

    private static Task Forever(ServerCallContext context) =>
        new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);

    private static string[] Statuses(JsonElement json) =>
        [.. json.GetProperty("results").EnumerateObject().Select(result => $"{result.Name} {result.Value.GetProperty("status").GetString()}")];
}
