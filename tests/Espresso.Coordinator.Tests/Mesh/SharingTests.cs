using System.Net;
using System.Text.Json;
using Espresso.Coordinator.Admission;
using Espresso.Errors;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Identical pictures in flight: one decode, one inference a model version, and one encode of its result.</summary>
public sealed class SharingTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);
    private static readonly byte[] Twenty = FakePictures.File(40, 30, 20);

    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Pictures_Identical_ShareDecodeAndInferenceAndAnswerAlike()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        var began = Hold(mesh, "segmentation");
        var first = mesh.Infer("?models=inpainting", Ten);
        await began;
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 5);
        var others = Enumerable.Range(0, 5).Select(_ => mesh.Infer("?models=inpainting", Ten)).ToList();
        await joined.All;
        _goOn.SetResult();
        foreach (var (response, json) in await Task.WhenAll([first, .. others]))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            TestMesh.Data(json, "inpainting", "background").ShouldBe("Jpeg 8 Uint8 3x5x3 value 22 mask 4x4 value 11 over picture 40 30 10");
        }

        (await Task.WhenAll(others)).ShouldContain(one => IsShared(one.Json.GetProperty("pulled_in").GetProperty("segmentation")));
        mesh.Process.Pictures.Decodes.ShouldBe(1);
        mesh.Process.Models.CallsOf("segmentation").ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Results_OfASharedRun_AreEncodedOnce()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting());
        using var runs = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 2);
        using var encodes = new MetricCount(mesh, "espresso.coordinator.shared", "encode", 4);
        var began = Hold(mesh, "inpainting");
        mesh.Process.Pictures.BeforeEncode = (_, _) => encodes.All;
        var first = mesh.Infer("?models=inpainting", Ten);
        await began;
        Task<(HttpResponseMessage Response, JsonElement Json)>[] others = [.. Enumerable.Range(0, 4).Select(_ => mesh.Infer("?models=inpainting", Ten))];
        await runs.All;
        _goOn.SetResult();
        foreach (var (response, json) in await Task.WhenAll([first, .. others]))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            TestMesh.Data(json, "inpainting", "background").ShouldBe("Jpeg 8 Uint8 3x5x3 value 22 mask 4x4 value 11 over picture 40 30 10");
        }

        mesh.Process.Pictures.Encodes.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pictures_Different_ShareNothing()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var began = Hold(mesh, "depth");
        var first = mesh.Infer("?models=depth", Ten);
        await began;
        _goOn.SetResult();
        var (_, other) = await mesh.Infer("?models=depth", Twenty);
        TestMesh.Data(other, "depth", "depth").ShouldContain("value 21");
        TestMesh.Data((await first).Json, "depth", "depth").ShouldContain("value 11");
        mesh.Process.Models.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData("?models=depth@1.0", 1)]
    [InlineData("?models=depth@0.1&shared=false", 2)]
    public async Task Request_ForAnotherVersionOrUnshared_RunsByItself(string query, int decodes)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        var began = Hold(mesh, "depth@0.1");
        var first = mesh.Infer("?models=depth@0.1", Ten);
        await began;
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "decode", 1);
        var second = mesh.Infer(query, Ten);
        if (decodes == 1)
            await joined.All; // while the first one holds its decode
        _goOn.SetResult();
        await Task.WhenAll(first, second);
        mesh.Process.Models.Calls.ShouldBe(2);
        mesh.Process.Pictures.Decodes.ShouldBe(decodes);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Leader_Leaving_LeavesTheFollowerItsAnswer()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var began = Hold(mesh, "depth");
        using var leaves = new CancellationTokenSource();
        var first = mesh.Infer("?models=depth", Ten, leaves.Token);
        await began;
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);
        var second = mesh.Infer("?models=depth", Ten);
        await joined.All;
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        _goOn.SetResult();
        var (response, json) = await second;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        TestMesh.Data(json, "depth", "depth").ShouldContain("value 11");
        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    /// <summary>A picture that goes round does not fill a version that has one item to run.</summary>
    [Fact]
    public async Task Slots_OfAllWhoShareARun_AreOneForAsLongAsItRuns()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(maxPending: 2));
        var load = mesh.Now.Models["depth"].Versions[0].Load;
        var began = Hold(mesh, "depth");
        using var leaves = new CancellationTokenSource();
        var first = mesh.Infer("?models=depth", Ten, leaves.Token);
        await began;
        var others = new List<Task<(HttpResponseMessage Response, JsonElement Json)>>();
        for (var i = 0; i < 5; i++)
        {
            using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);
            others.Add(mesh.Infer("?models=depth", Ten));
            await joined.All;
            load.Reserved.ShouldBe(1);
        }

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        load.Reserved.ShouldBe(1); // the run's, whoever began it
        _goOn.SetResult();
        (await Task.WhenAll(others)).ShouldAllBe(one => one.Response.StatusCode == HttpStatusCode.OK);
        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_Full_HasRoomForAPictureThatItRunsAlready()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(maxPending: 1));
        var began = Hold(mesh, "depth");
        const string Query = "?models=depth&deadline_ms=60000";
        var first = mesh.Infer(Query, Ten);
        await began;
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 2);
        Task<(HttpResponseMessage Response, JsonElement Json)>[] others = [mesh.Infer(Query, Ten), mesh.Infer(Query, Ten)];
        await joined.All;
        mesh.Now.Models["depth"].Versions[0].Load.Reserved.ShouldBe(1);
        // Another picture, or one whose run is not to be this one's, or may end after this one's deadline.
        foreach (var (query, picture) in new[]
        {
            (Query, Twenty), (Query + "&shared=false", Ten), (Query + "&tenant=other", Ten), (Query + "&class=batch", Ten), ("?models=depth&deadline_ms=20000", Ten),
        })
        {
            var (refused, problem) = await mesh.Infer(query, picture);
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests, query);
            problem.GetProperty("reason").GetString().ShouldBe(Reasons.QueueFull);
        }

        _goOn.SetResult();
        (await Task.WhenAll([first, .. others])).ShouldAllBe(one => one.Response.StatusCode == HttpStatusCode.OK);
        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_Full_HasRoomForAPictureThatItIsGoingToRun()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting(maxPending: 1));
        var began = Hold(mesh, "segmentation");
        var first = mesh.Infer("?models=inpainting", Ten);
        await began; // inpainting's one slot is taken, but nothing runs there
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);
        var second = mesh.Infer("?models=inpainting", Ten);
        await joined.All;
        (await mesh.Infer("?models=inpainting", Twenty)).Response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        _goOn.SetResult();
        (await Task.WhenAll(first, second)).ShouldAllBe(one => one.Response.StatusCode == HttpStatusCode.OK);
        mesh.Process.Models.CallsOf("inpainting").ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    /// <summary>What is refused is what more replicas are needed for; what shares a run needs none.</summary>
    [Fact]
    public async Task Demand_IsOfRunsAndOfWhatIsRefused()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(maxPending: 1));
        var load = mesh.Now.Models["depth"].Versions[0].Load;
        load.Join("priced", new ReplicaPart(MaxPending: 0, ForeignPending: 0, OwnPending: 0, Instances: 1, BacklogMs: 0, new CostShape(1_000, 1_000, 1, 1_000)));
        var began = Hold(mesh, "depth");
        var first = mesh.Infer("?models=depth", Ten);
        await began;
        load.Demand.ShouldBe(TimeSpan.FromSeconds(1));
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);
        var second = mesh.Infer("?models=depth", Ten);
        await joined.All;
        load.Demand.ShouldBe(TimeSpan.FromSeconds(1));
        (await mesh.Infer("?models=depth", Twenty)).Response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        load.Demand.ShouldBe(TimeSpan.FromSeconds(2));
        _goOn.SetResult();
        await Task.WhenAll(first, second);
        load.Demand.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Failure_OfTheModel_IsToldToAll()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var (began, fail) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth"] = async _ =>
        {
            began.TrySetResult();
            await fail.Task;
            throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        };
        var first = mesh.Infer("?models=depth", Ten);
        await began.Task;
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);
        var second = mesh.Infer("?models=depth", Ten);
        await joined.All;
        fail.SetResult();
        foreach (var (response, json) in await Task.WhenAll(first, second))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
            json.GetProperty("detail").GetString()!.ShouldContain("no luck");
        }

        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("?shared=maybe")]
    [InlineData("?shared=")]
    public async Task Flag_Wrong_IsNamed(string query)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var (response, json) = await mesh.Infer(query, Ten);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        json.GetProperty("detail").GetString()!.ShouldContain("true or false");
    }

    /// <returns>Done when the model's first call is there; it is answered when the test goes on.</returns>
    private Task Hold(TestMesh mesh, string model)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Process.Models.Before[model] = _ =>
        {
            began.TrySetResult();
            return _goOn.Task;
        };
        return began.Task;
    }

    private static bool IsShared(JsonElement result) => result.TryGetProperty("shared", out var shared) && shared.GetBoolean();
}
