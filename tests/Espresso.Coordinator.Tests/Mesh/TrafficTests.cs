using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Espresso.Errors;
using Espresso.Hosting;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Several versions of a model in one mesh's traffic.</summary>
public sealed class TrafficTests
{
    private const string Shadowed = "espresso.coordinator.shadow.runs";

    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task Default_Pinned_IsWhoeverNamesNoVersionGets()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        (await VersionOf(mesh, "depth")).ShouldBe("1.0");
        var set = await Put(mesh, """{"default":"0.1"}""");
        set.GetProperty("serving").GetString().ShouldBe("0.1");
        (await VersionOf(mesh, "depth")).ShouldBe("0.1");
        (await VersionOf(mesh, "depth@1.0")).ShouldBe("1.0");
        var models = await mesh.Http.GetFromJsonAsync<JsonElement>("/v1/models");
        models.GetProperty("models").EnumerateArray().Single(model => model.GetProperty("is_default").GetBoolean()).GetProperty("version").GetString().ShouldBe("0.1");
        (await Get(mesh)).GetProperty("history").EnumerateArray().Select(change => change.GetProperty("what").GetString()).ShouldContain("default 0.1, no canary, no shadow");
    }

    [Fact]
    public async Task Put_ByWhom_StandsInTheHistory()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));

        using var put = await mesh.Http.PutAsync("/v1/models/depth/traffic?by=promote", new StringContent("""{"default":"0.1"}"""));
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Get(mesh)).GetProperty("history")[0].GetProperty("by").GetString().ShouldBe("promote");

        using var wrong = await mesh.Http.PutAsync("/v1/models/depth/traffic?by=a%20b", new StringContent("""{"default":"1.0"}"""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Put_IfMatch_ReplacesOnlyThePolicyThatWasRead()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        var read = await Tag();
        (await PutIf(read, """{"default":"0.1"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await PutIf(read, """{"default":"1.0"}""");

        refused.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("reason").GetString().ShouldBe(Reasons.ChangedMeanwhile);
        (await Get(mesh)).GetProperty("policy").GetProperty("default").GetString().ShouldBe("0.1");
        (await PutIf($"W/{await Tag()}", """{"default":"1.0"}""")).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed); // weak tags never match here
        (await PutIf("me", """{"default":"1.0"}""")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var put = await PutIf($"{read}, {await Tag()}", """{"default":"1.0"}""");
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        put.Headers.ETag!.Tag.ShouldBe(await Tag()); // for the next change
        (await PutIf("*", """{"default":"0.1"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task<string> Tag()
        {
            using var reply = await mesh.Http.GetAsync("/v1/models/depth/traffic");
            return reply.Headers.ETag!.Tag;
        }

        Task<HttpResponseMessage> PutIf(string match, string policy)
        {
            var request = new HttpRequestMessage(HttpMethod.Put, "/v1/models/depth/traffic") { Content = new StringContent(policy) };
            request.Headers.TryAddWithoutValidation("If-Match", match).ShouldBeTrue();
            return mesh.Http.SendAsync(request);
        }
    }

    [Fact]
    public async Task Status_TellsWhichVersionsAreCanaryAndShadow()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","canary":{"version":"1.0","percent":12.5},"shadow":{"version":"1.0","percent":100}}""");

        var models = (await mesh.Http.GetFromJsonAsync<JsonElement>("/v1/status")).GetProperty("models").EnumerateArray().ToDictionary(model => model.GetProperty("version").GetString()!);

        (models["1.0"].GetProperty("canary_percent").GetDouble(), models["1.0"].GetProperty("shadow_percent").GetDouble()).ShouldBe((12.5, 100));
        models["0.1"].TryGetProperty("canary_percent", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Canary_IsChosenByTheRequestsKey()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","canary":{"version":"1.0","percent":50}}""");
        var versions = new List<string>();
        for (var i = 0; i < 20; i++)
            versions.Add(await VersionOf(mesh, "depth", $"&key=user-{i}"));
        versions.Distinct().Order().ShouldBe(["0.1", "1.0"]);
        for (var i = 0; i < 20; i++)
            (await VersionOf(mesh, "depth", $"&key=user-{i}&id=another-{i}")).ShouldBe(versions[i]);
    }

    [Fact]
    public async Task Canary_FailingMore_IsWithdrawnByItself()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","canary":{"version":"1.0","percent":100},"budget":{"least_requests":5}}""");
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        for (var i = 0; i < 5; i++)
            (await mesh.Infer("?models=depth", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await VersionOf(mesh, "depth")).ShouldBe("0.1");
        var traffic = await Get(mesh);
        traffic.GetProperty("policy").GetProperty("canary").ValueKind.ShouldBe(JsonValueKind.Null);
        var decision = traffic.GetProperty("history")[0];
        decision.GetProperty("by").GetString().ShouldBe("budget");
        decision.GetProperty("what").GetString()!.ShouldContain("5 of 5 requests failed");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Canary_FailingBehindAFallback_IsWithdrawnAllTheSame()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","canary":{"version":"1.0","percent":100},"budget":{"least_requests":5}}""");
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        for (var i = 0; i < 5; i++)
            (await VersionOf(mesh, "depth|0.1")).ShouldBe("0.1"); // nobody who asks sees a failure

        var traffic = await Get(mesh);
        traffic.GetProperty("policy").GetProperty("canary").ValueKind.ShouldBe(JsonValueKind.Null);
        traffic.GetProperty("history")[0].GetProperty("what").GetString()!.ShouldContain("5 of 5 requests failed");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Shadow_RunsAfterTheAnswerAndIsCompared()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(input: ", fit: crop"), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","shadow":{"version":"1.0","percent":100}}""");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Process.Models.Before["depth@1.0"] = _ => goOn.Task;
        mesh.Process.Models.Plus["depth@1.0"] = 51;
        using var ran = new MetricCount(mesh, Shadowed, "ok", 1);
        var (response, json) = await mesh.Infer("?models=depth", Ten); // while the shadow waits
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        json.GetProperty("results").GetProperty("depth").GetProperty("version").GetString().ShouldBe("0.1");
        goOn.SetResult();
        await ran.All;

        var shadow = (await Get(mesh)).GetProperty("shadow");
        shadow.GetProperty("runs").GetInt32().ShouldBe(1);
        var depth = shadow.GetProperty("outputs").GetProperty("depth");
        depth.GetProperty("compared").GetInt32().ShouldBe(1);
        depth.GetProperty("mean_difference").GetDouble().ShouldBe(0.8, 1e-4); // 51/255 of −1.5 to 2.5
        (await mesh.Http.GetStringAsync("/metrics")).ShouldContain("espresso_coordinator_shadow_difference_count{");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Shadow_Failing_IsCountedAndNobodySeesIt()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Segmentation("1.0"), Packages.Inpainting());
        using (var put = await mesh.Http.PutAsync("/v1/models/segmentation/traffic", new StringContent("""{"default":"0.1","shadow":{"version":"1.0","percent":100}}""")))
            put.StatusCode.ShouldBe(HttpStatusCode.OK);
        mesh.Process.Models.Before["segmentation@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        using var failed = new MetricCount(mesh, Shadowed, "failed", 1);
        (await mesh.Infer("?models=segmentation,inpainting", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await failed.All;
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Shadows_MoreThanThereIsRoomFor_AreSkipped()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        await Put(mesh, """{"default":"0.1","shadow":{"version":"1.0","percent":100}}""");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Process.Models.Before["depth@1.0"] = _ => goOn.Task;
        using var skipped = new MetricCount(mesh, Shadowed, "skipped", 2);
        using var ran = new MetricCount(mesh, Shadowed, "ok", 4);
        for (var i = 0; i < 6; i++)
            await mesh.Infer("?models=depth&shared=false", Ten);
        await skipped.All;
        goOn.SetResult();
        await ran.All;
        (await Get(mesh)).GetProperty("shadow").GetProperty("skipped").GetInt32().ShouldBe(2);
        await mesh.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("depth", """{"canary":{"version":"1.0"}}""", 400, "percent")]
    [InlineData("depth", "", 400, "no JSON")]
    [InlineData("depth", """{"default":"\ud800"}""", 400, "no JSON")]
    [InlineData("depth", """{"default":"7.7"}""", 404, "served: 0.1")]
    [InlineData("dept", "{}", 404, "served: depth")]
    public async Task Policy_Wrong_IsAProblem(string model, string policy, int status, string naming)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var response = await mesh.Http.PutAsync($"/v1/models/{model}/traffic", new StringContent(policy));
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!.ShouldContain(naming);
    }

    [Fact]
    public async Task File_IsReadAtStartAndWhenItChanges_AndAWrongOneChangesNothing()
    {
        var file = Path.GetTempFileName();
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        try
        {
            await File.WriteAllTextAsync(file, """{"depth":{"default":"0.1"}}""");
            await using var mesh = await TestMesh.Start(time, options => options.Traffic = file, Packages.Depth(), Packages.Depth("1.0"));
            (await VersionOf(mesh, "depth")).ShouldBe("0.1");
            await File.WriteAllTextAsync(file, """{"depth":{"default":"1.0"}}""");
            time.Advance(TimeSpan.FromSeconds(5));
            (await VersionOf(mesh, "depth")).ShouldBe("1.0");
            await Put(mesh, """{"default":"0.1"}""");
            await File.WriteAllTextAsync(file, """{"depth":{"default":"1.0"},"other":{}}""");
            time.Advance(TimeSpan.FromSeconds(5));
            (await VersionOf(mesh, "depth")).ShouldBe("0.1"); // the file changed, but not for depth
            await Put(mesh, """{"default":"1.0"}""");
            await File.WriteAllTextAsync(file, """{"depth":{"default":7}}""");
            time.Advance(TimeSpan.FromSeconds(5));
            (await VersionOf(mesh, "depth")).ShouldBe("1.0");
            await Should.ThrowAsync<StartupException>(TestMesh.Start(time, options => options.Traffic = file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> VersionOf(TestMesh mesh, string model, string more = "")
    {
        var (_, json) = await mesh.Infer($"?models={model}{more}", Ten);
        return json.GetProperty("results").GetProperty("depth").GetProperty("version").GetString()!;
    }

    private static Task<JsonElement> Get(TestMesh mesh) => mesh.Http.GetFromJsonAsync<JsonElement>("/v1/models/depth/traffic");

    private static async Task<JsonElement> Put(TestMesh mesh, string policy)
    {
        using var response = await mesh.Http.PutAsync("/v1/models/depth/traffic", new StringContent(policy));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
