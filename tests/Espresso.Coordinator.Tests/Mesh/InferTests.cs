using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Espresso.Errors;
using Espresso.Protos.Coordinator;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.WebUtilities;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Requests that succeed, from the client's side.</summary>
public sealed class InferTests
{
    private const string DepthOfTen = "Png 16 Uint16 3x5x1 value 11";
    private const string BackgroundOfTen = "Jpeg 8 Uint8 3x5x3 value 22 mask 4x4 value 11 over picture 40 30 10";

    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task Models_AFewOverHttp_AnswerInOneReply()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        var (response, json) = await mesh.Infer("?models=depth,segmentation,inpainting@0.1&id=abc", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        json.GetProperty("id").GetString().ShouldBe("abc");
        json.GetProperty("picture").GetRawText().ShouldBe("""{"format":"fake","width":40,"height":30}""");
        TestMesh.Data(json, "depth", "depth").ShouldBe(DepthOfTen);
        TestMesh.Data(json, "segmentation", "mask").ShouldBe("Png 8 Uint8 3x5x1 value 11");
        TestMesh.Data(json, "inpainting", "background").ShouldBe(BackgroundOfTen); // 1 + 10 of the picture + 11 of the mask
        json.TryGetProperty("pulled_in", out _).ShouldBeFalse();

        var depth = json.GetProperty("results").GetProperty("depth");
        depth.GetProperty("status").GetString().ShouldBe("ok");
        depth.GetProperty("version").GetString().ShouldBe("0.1");
        var output = depth.GetProperty("outputs").GetProperty("depth");
        (output.GetProperty("kind").GetString(), output.GetProperty("media_type").GetString()).ShouldBe(("map", "image/fake"));
        (output.GetProperty("width").GetInt32(), output.GetProperty("height").GetInt32()).ShouldBe((40, 30));
        (output.GetProperty("low").GetDouble(), output.GetProperty("high").GetDouble()).ShouldBe((-1.5, 2.5));
        var timings = depth.GetProperty("timings");
        (timings.GetProperty("queue_ms").GetDouble(), timings.GetProperty("compute_ms").GetDouble()).ShouldBe((1.5, 2.5));
        (timings.GetProperty("batch_id").GetInt32(), timings.GetProperty("batch_size").GetInt32()).ShouldBe((42, 3));
        timings.GetProperty("release").GetString().ShouldBe("full");

        mesh.Process.Pictures.Decodes.ShouldBe(1);
        mesh.Process.Pictures.Specs.ShouldBe(["8x6 Rgb", "4x4 Rgb"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Provider_NotAskedFor_IsToldWithoutOutputs()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting());
        var (_, json) = await mesh.Infer("?models=inpainting", Ten);
        json.GetProperty("results").EnumerateObject().Select(result => result.Name).ShouldBe(["inpainting"]);
        var pulledIn = json.GetProperty("pulled_in").GetProperty("segmentation");
        pulledIn.GetProperty("status").GetString().ShouldBe("ok");
        pulledIn.GetProperty("outputs").EnumerateObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task Mask_SentInAPart_IsTakenInsteadOfAModels()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation(), Packages.Inpainting());
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Ten), "image", "photo.jpg" },
            { new ByteArrayContent(FakePictures.File(40, 30, 100)), "mask", "mask.png" },
            { new StringContent("""{"models":["inpainting"],"id":"parts","deadline_ms":60000}"""), "request" },
        };
        using var response = await mesh.Http.PostAsync("/v1/infer", form);
        var json = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());
        json.GetProperty("id").GetString().ShouldBe("parts");
        TestMesh.Data(json, "inpainting", "background").ShouldBe("Jpeg 8 Uint8 3x5x3 value 111 mask 4x4 value 100 over picture 40 30 10");
        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Versions_TwoOfOneModel_AreNamedWithTheirVersion()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth("0.1"), Packages.Depth("1.0"));
        var (_, json) = await mesh.Infer("?models=depth,depth@0.1", Ten);
        json.GetProperty("results").EnumerateObject().Select(result => result.Name).ShouldBe(["depth@1.0", "depth@0.1"]);
    }

    [Fact]
    public async Task Reply_AsParts_HasTheJsonFirstAndTheBytesAsTheyAre()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = new ByteArrayContent(Ten) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("multipart/mixed"));
        using var response = await mesh.Http.SendAsync(request);

        var type = response.Content.Headers.ContentType!;
        type.MediaType.ShouldBe("multipart/mixed");
        var reader = new MultipartReader(type.Parameters.Single(parameter => parameter.Name == "boundary").Value!, await response.Content.ReadAsStreamAsync());
        var document = (await reader.ReadNextSectionAsync())!;
        document.ContentType.ShouldBe("application/json");
        var output = (await JsonDocument.ParseAsync(document.Body)).RootElement.GetProperty("results").GetProperty("depth").GetProperty("outputs").GetProperty("depth");
        output.TryGetProperty("data", out _).ShouldBeFalse();
        var part = (await reader.ReadNextSectionAsync())!;
        part.ContentType.ShouldBe("image/fake");
        part.Headers!["Content-ID"].ToString().ShouldBe($"<{output.GetProperty("content_id").GetString()}>");
        using var text = new StreamReader(part.Body);
        (await text.ReadToEndAsync()).ShouldBe(DepthOfTen);
        (await reader.ReadNextSectionAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData("multipart/mixed, application/json", "multipart/mixed")]
    [InlineData("multipart/mixed;q=0.5, */*;q=0.1", "multipart/mixed")]
    [InlineData("multipart/mixed;q=0, application/json", "application/json")]
    [InlineData("application/json, multipart/mixed;q=0.1", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task Reply_IsOfTheTypeThatTheClientLikesBest(string accept, string type)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = new ByteArrayContent(Ten) };
        request.Headers.Add("Accept", accept);
        using var response = await mesh.Http.SendAsync(request);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
    }

    [Fact]
    public async Task Infer_OverGrpc_AnswersTheSame()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());
        var client = new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel);
        var reply = await client.InferAsync(new InferRequest { Models = { "inpainting" }, Image = ByteString.CopyFrom(Ten), Id = "rpc" });
        reply.Id.ShouldBe("rpc");
        (reply.Picture.Width, reply.Picture.Height).ShouldBe((40u, 30u));
        reply.Results.Select(result => (result.Model, result.Requested, result.Status, result.Outputs.Count))
            .ShouldBe([("segmentation", false, "ok", 0), ("inpainting", true, "ok", 1)]);
        reply.Results[1].Outputs[0].Data.ToString(Encoding.ASCII).ShouldBe(BackgroundOfTen);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stream_SlowAndFastModel_SendsTheFastOneFirst()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        var fastIsThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Process.Models.Before["depth"] = _ => fastIsThere.Task;
        var client = new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel);
        using var call = client.InferStream(new InferRequest { Models = { "depth", "segmentation" }, Image = ByteString.CopyFrom(Ten) });

        (await call.ResponseStream.MoveNext(default)).ShouldBeTrue();
        call.ResponseStream.Current.Result.Model.ShouldBe("segmentation");
        fastIsThere.SetResult();
        (await call.ResponseStream.MoveNext(default)).ShouldBeTrue();
        call.ResponseStream.Current.Result.Outputs[0].Data.ToString(Encoding.ASCII).ShouldBe(DepthOfTen);
        (await call.ResponseStream.MoveNext(default)).ShouldBeTrue();
        call.ResponseStream.Current.Summary.Results.ShouldBeEmpty();
        call.ResponseStream.Current.Summary.TotalMs.ShouldBeGreaterThan(0);
        (await call.ResponseStream.MoveNext(default)).ShouldBeFalse();
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Grpc_ResultsLargerThanAMessage_AreNoOverload()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        mesh.Process.Pictures.Padding = 24 << 20;
        using var counted = new MetricCount(mesh, "espresso.coordinator.requests", Reasons.ResultTooLarge, 1);
        var client = new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel);

        var error = await Should.ThrowAsync<RpcException>(client.InferAsync(new InferRequest { Image = ByteString.CopyFrom(Ten) }).ResponseAsync);

        (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.InvalidArgument, Reasons.ResultTooLarge));
        error.Status.Detail.ShouldContain("fewer models");
        counted.All.IsCompleted.ShouldBeTrue();
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stream_OutputsLargerThanAMessage_AreTheModelsFailureAlone()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth(), Packages.Segmentation());
        mesh.Process.Pictures.Padding = 33 << 20; // of two outputs of segmentation, and of depth's one
        using var channel = GrpcChannel.ForAddress(mesh.GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var client = new Protos.Coordinator.Coordinator.CoordinatorClient(channel);
        using var call = client.InferStream(new InferRequest { Image = ByteString.CopyFrom(Ten) });

        var told = new List<string>();
        while (await call.ResponseStream.MoveNext(default))
        {
            if (call.ResponseStream.Current.Result is { } result)
                told.Add($"{result.Model} {result.Status} {result.Reason}");
        }

        told.Order().ShouldBe(["depth ok ", $"segmentation failed {Reasons.ResultTooLarge}"]);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Listings_TellModelsAndReplicas()
    {
        await using var mesh = await TestMesh.Start(Packages.Segmentation("0.1"), Packages.Segmentation("1.0"));
        var status = JsonElement.Parse(await mesh.Http.GetStringAsync("/v1/status"));
        status.GetProperty("models").EnumerateArray()
            .Select(model => (model.GetProperty("version").GetString(), model.GetProperty("is_default").GetBoolean(), model.GetProperty("replicas").GetArrayLength()))
            .ShouldBe([("1.0", true, 1), ("0.1", false, 1)]);
        status.GetProperty("preprocessors").GetArrayLength().ShouldBe(1);
        JsonElement.Parse(await mesh.Http.GetStringAsync("/v1/models")).TryGetProperty("preprocessors", out _).ShouldBeFalse();

        var listed = await new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel).ListModelsAsync(new ListModelsRequest());
        listed.Models.Select(model => (model.Version, model.IsDefault)).ShouldBe([("1.0", true), ("0.1", false)]);
        listed.Preprocessors.Count.ShouldBe(1);
    }
}
