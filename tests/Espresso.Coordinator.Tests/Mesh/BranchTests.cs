using System.Net;
using System.Text;
using System.Text.Json;
using Espresso.Errors;
using Espresso.Protos.Coordinator;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>What a model's failure means: its own status, the whole request's, or another version's turn.</summary>
public sealed class BranchTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task Required_Failing_CancelsTheOthersAndFailsTheRequest()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        var (others, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["segmentation"] = async context =>
        {
            context.CancellationToken.Register(cancelled.SetResult);
            others.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
        };
        mesh.Process.Models.Before["depth"] = async _ =>
        {
            await others.Task;
            throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        };
        var (response, json) = await mesh.Infer("?models=depth!,inpainting", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        json.GetProperty("reason").GetString().ShouldBe(Reasons.ModelFailed);
        json.GetProperty("detail").GetString().ShouldBe("depth@0.1: no luck");
        Statuses(json).ShouldBe(["depth failed", "segmentation skipped", "inpainting skipped"], ignoreOrder: true);
        var inpainting = json.GetProperty("results").GetProperty("inpainting");
        inpainting.GetProperty("reason").GetString().ShouldBe(Reasons.RequiredFailed);
        inpainting.GetProperty("message").GetString().ShouldBe("cancelled, since depth@0.1 is required: no luck");
        await cancelled.Task; // the minion, too, was told
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Required_WhoseProviderFails_FailsTheRequestWithThatFailure()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        mesh.Process.Models.Before["segmentation"] = _ => throw new FailureException(Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromSeconds(3)));
        var (response, json) = await mesh.Infer("?models=depth,inpainting!", Ten);
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        json.GetProperty("detail").GetString().ShouldBe("inpainting@0.1: needs segmentation@0.1: full");
    }

    [Fact]
    public async Task Required_Succeeding_ChangesNothing()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        mesh.Process.Models.Before["segmentation"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var (response, json) = await mesh.Infer("?models=depth!,segmentation", Ten);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Statuses(json).ShouldBe(["depth ok", "segmentation failed"]);
    }

    [Fact]
    public async Task Fallback_OfAFailingProvider_RunsInItsPlaceAndFeedsWhoNeedsIt()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Segmentation("1.0"), Packages.Inpainting());
        mesh.Process.Models.Before["segmentation@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var (response, json) = await mesh.Infer("?models=segmentation@1.0|0.1!,inpainting", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var segmentation = json.GetProperty("results").GetProperty("segmentation");
        segmentation.GetProperty("version").GetString().ShouldBe("0.1");
        segmentation.GetProperty("status").GetString().ShouldBe("ok");
        segmentation.GetProperty("fallback").GetRawText().ShouldBe("""{"for":"segmentation@1.0","reason":"model_failed","message":"no luck"}""");
        TestMesh.Data(json, "inpainting", "background").ShouldContain("value 22");
        mesh.Process.Pictures.Decodes.ShouldBe(1); // both versions take one tensor
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fallback_OfAnotherTensor_IsDecodedOnlyWhenItIsNeeded()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth("0.1", input: ", fit: crop"), Packages.Depth("1.0"));
        await mesh.Infer("?models=depth@1.0|0.1", Ten);
        mesh.Process.Pictures.Specs.Count.ShouldBe(1);
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var (_, json) = await mesh.Infer("?models=depth@1.0|0.1", Ten);
        json.GetProperty("results").GetProperty("depth").GetProperty("version").GetString().ShouldBe("0.1");
        mesh.Process.Pictures.Specs.Count.ShouldBe(3);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fallback_FailingAsWell_TellsBoth()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"), Packages.Segmentation());
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "first"));
        mesh.Process.Models.Before["depth@0.1"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "second"));
        var (_, json) = await mesh.Infer("?models=depth@1.0|0.1,segmentation", Ten);
        var depth = json.GetProperty("results").GetProperty("depth");
        depth.GetProperty("message").GetString().ShouldBe("second");
        depth.GetProperty("fallback").GetProperty("message").GetString().ShouldBe("first");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fallback_ThatIsAskedForAnyway_LeavesEachItsResult()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"));
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var (_, json) = await mesh.Infer("?models=depth@1.0|0.1,depth@0.1", Ten);
        Statuses(json).ShouldBe(["depth@1.0 failed", "depth@0.1 ok"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fallback_OfAFullVersion_IsPlannedAtTheDoor()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0", maxPending: 1));
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        mesh.Process.Models.Before["depth@1.0"] = _ =>
        {
            began.SetResult();
            return goOn.Task;
        };
        var first = mesh.Infer("?models=depth", Ten);
        await began.Task;
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(FakePictures.File(40, 30, 20)), "image", "photo.jpg" },
            { new StringContent("""{"models":[{"name":"depth@1.0","on_failure":"required","fallback":"depth@0.1"}]}"""), "request" },
        };
        using var response = await mesh.Http.PostAsync("/v1/infer", form);
        var json = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());
        var depth = json.GetProperty("results").GetProperty("depth");
        depth.GetProperty("version").GetString().ShouldBe("0.1");
        depth.GetProperty("fallback").GetProperty("reason").GetString().ShouldBe(Reasons.QueueFull);
        goOn.SetResult();
        (await first).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Branches_OverGrpc_MeanTheSame()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Depth("1.0"), Packages.Segmentation());
        mesh.Process.Models.Before["depth@1.0"] = _ => throw new FailureException(Failure.Internal(Reasons.ModelFailed, "no luck"));
        var client = new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel);
        var reply = await client.InferAsync(new InferRequest
        {
            Branches = { new Branch { Name = "depth@1.0", OnFailure = OnFailure.Required, Fallback = "0.1" } },
            Image = ByteString.CopyFrom(Ten),
        });
        reply.Results.Select(result => (result.Version, result.Status, result.Fallback.For, result.Fallback.Reason))
            .ShouldBe([("0.1", "ok", "depth@1.0", Reasons.ModelFailed)]);
        var failed = await Should.ThrowAsync<RpcException>(client.InferAsync(
            new InferRequest { Models = { "depth@1.0!", "segmentation" }, Image = ByteString.CopyFrom(Ten) }).ResponseAsync);
        failed.Trailers.GetValue(GrpcFailures.ReasonTrailer).ShouldBe(Reasons.ModelFailed);
        var unknown = await Should.ThrowAsync<RpcException>(client.InferAsync(
            new InferRequest { Branches = { new Branch { Name = "depth", OnFailure = (OnFailure)7 } }, Image = ByteString.CopyFrom(Ten) }).ResponseAsync);
        unknown.Status.Detail.ShouldContain("on_failure 7 is not known");
        await mesh.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"models":[{"name":"depth","on_failure":"maybe"}]}""", "required or optional")]
    [InlineData("""{"models":[{"name":"depth","fall_back":"0.1"}]}""", "no key 'fall_back'")]
    [InlineData("""{"models":[7]}""", "objects with name")]
    [InlineData("""{"models":[{"name":"depth","fallback":"segmentation@0.1"}]}""", "another version of the same model")]
    public async Task Branch_Wrong_IsNamed(string request, string naming)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Ten), "image", "photo.jpg" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(request)), "request" },
        };
        using var response = await mesh.Http.PostAsync("/v1/infer", form);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("detail").GetString()!.ShouldContain(naming);
    }

    private static string[] Statuses(JsonElement json) =>
        [.. json.GetProperty("results").EnumerateObject().Select(result => $"{result.Name} {result.Value.GetProperty("status").GetString()}")];
}
