using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Versions and preprocessors that go while requests are under way which were planned on them: nobody loses an answer by it.</summary>
public sealed class RollingTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task LastReplica_Draining_AnswersWhatWasPlannedOnItBeforeItIsLetGo()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var old = await mesh.Add();
        await old.Join(Packages.Depth("0.2"));
        var decodes = Hold(mesh, count: 2);
        var planned = mesh.Infer("?models=depth&shared=false", Ten); // the default is 0.2 now
        var named = mesh.Infer("?models=depth@0.2&shared=false", Ten);
        await decodes.Began;

        var letGo = await old.Drain();
        await mesh.Until(now => now.Models["depth"].Default!.Key.Version.ToString() == "0.1");
        letGo.IsCompleted.ShouldBeFalse();
        decodes.GoOn();

        Version(await planned).ShouldBe("0.2");
        Version(await named).ShouldBe("0.2");
        await letGo;
        old.Models.Calls.ShouldBe(2);
        Version(await mesh.Infer("?models=depth", Ten)).ShouldBe("0.1");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task LastPreprocessor_Draining_EncodesWhatIsUnderWay()
    {
        await using var mesh = await TestMesh.Start();
        var minion = await mesh.Add();
        await minion.Join(Packages.Depth());
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        minion.Models.Before["depth"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var running = mesh.Infer("?models=depth", Ten);
        await began.Task;

        var letGo = await mesh.Process.Drain();
        await mesh.Until(now => now.LivePreprocessors.IsEmpty);
        var (refused, _) = await mesh.Infer("?models=depth", Ten);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        letGo.IsCompleted.ShouldBeFalse();
        goOn.SetResult();
        Version(await running).ShouldBe("0.1");
        await letGo;
    }

    [Fact]
    public async Task Version_GoneWithoutAWord_LeavesItsRequestsToTheOneThatIsThereNow()
    {
        // The new version takes another tensor, which nobody has asked for so far.
        await using var mesh = await TestMesh.Start(Packages.Depth(input: ", fit: crop"), Packages.Depth("0.2"));
        var decodes = Hold(mesh, count: 2);
        var running = mesh.Infer("?models=depth!&shared=false", Ten);
        var named = mesh.Infer("?models=depth@0.2&shared=false", Ten);
        await decodes.Began;
        Lose(mesh, "depth", "0.2");
        decodes.GoOn();

        var (response, json) = await running;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Version((response, json)).ShouldBe("0.1");
        json.GetProperty("results").GetProperty("depth").TryGetProperty("fallback", out _).ShouldBeFalse(); // it is what was asked for
        (await named).Json.GetProperty("reason").GetString().ShouldBe(Reasons.NoReplica);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_GoneWithoutAWord_DoesNotTakeTheOneThatIsAnothersFallback()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("0.2"), Packages.Depth("0.3"));
        var decode = Hold(mesh, count: 1);
        var running = mesh.Infer("?models=depth,depth@0.2|0.1", Ten);
        await decode.Began;
        Lose(mesh, "depth", "0.2");
        Lose(mesh, "depth", "0.3");
        decode.GoOn();

        (await running).Json.GetProperty("results").EnumerateObject().Select(result => $"{result.Name} {result.Value.GetProperty("status").GetString()}")
            .ShouldBe(["depth@0.3 failed", "depth@0.1 ok"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_GoneWhileACallOfItIsTriedAgain_LeavesTheCallToTheOneThatIsThereNow()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("0.2"));
        mesh.Process.Models.Before["depth@0.2"] = context =>
        {
            Lose(mesh, "depth", "0.2");
            context.GetHttpContext().Abort();
            return Task.CompletedTask;
        };
        Version(await mesh.Infer("?models=depth", Ten)).ShouldBe("0.1");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_GoneOfAModelThatAnotherTakes_IsReplacedByTheOneThatIsThereNow()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Segmentation("1.0"), Packages.Inpainting());
        var decode = Hold(mesh, count: 1);
        var running = mesh.Infer("?models=inpainting", Ten);
        await decode.Began;
        Lose(mesh, "segmentation", "1.0");
        decode.GoOn();
        TestMesh.Data((await running).Json, "inpainting", "background").ShouldContain("value 22");
        mesh.Process.Models.CallsOf("segmentation").ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_GoneBetweenPlanAndAdmission_IsPlannedAnew()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("0.2"));
        var trace = ActivityTraceId.CreateRandom();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Espresso" or "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == trace && activity.OperationName == "plan" && mesh.Now.Models["depth"].Versions[0].IsLive)
                    Lose(mesh, "depth", "0.2");
            },
        };
        ActivitySource.AddActivityListener(listener);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = new ByteArrayContent(Ten) };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        using var response = await mesh.Http.SendAsync(request);
        Version((response, JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()))).ShouldBe("0.1");
        mesh.Now.Models["depth"].Versions[0].IsLive.ShouldBeFalse();
        await mesh.ShouldBeEmpty();
    }

    /// <summary>Every decode waits, before which requests are planned and admitted.</summary>
    /// <param name="count">Of decodes that are waited for.</param>
    private static (Task Began, Action GoOn) Hold(TestMesh mesh, int count)
    {
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Pictures.BeforeDecode = () =>
        {
            if (Interlocked.Decrement(ref count) == 0)
                began.SetResult();
            return goOn.Task;
        };
        return (began.Task, goOn.SetResult);
    }

    private static void Lose(TestMesh mesh, string model, string version)
    {
        var replica = mesh.Now.Models[model].Versions.Single(one => one.Key.Version.ToString() == version).Replicas.Single();
        mesh.App.Services.GetRequiredService<ReplicaRegistry>().Leave(replica, "the connection broke");
    }

    private static string? Version((HttpResponseMessage Response, JsonElement Json) answer) =>
        answer.Response.StatusCode == HttpStatusCode.OK ? answer.Json.GetProperty("results").GetProperty("depth").GetProperty("version").GetString() : answer.Json.ToString();
}
