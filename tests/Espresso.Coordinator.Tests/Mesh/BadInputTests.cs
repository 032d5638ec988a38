using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Espresso.Errors;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Whatever a client sends, the answer is a problem document that says what is wrong, and nothing dies.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    private TestMesh _mesh = null!;

    public async ValueTask InitializeAsync() =>
        _mesh = await TestMesh.Start(TimeProvider.System, options => options.MaxBodyBytes = 1000, Packages.Depth(), Packages.Segmentation(), Packages.Inpainting());

    public async ValueTask DisposeAsync()
    {
        (await _mesh.Infer("?models=depth", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await _mesh.ShouldBeEmpty();
        await _mesh.DisposeAsync();
    }

    [Theory]
    [InlineData("?models=dept", 404, Reasons.UnknownModel, "served: depth, inpainting, segmentation")]
    [InlineData("?models=depth@7.0", 404, Reasons.UnknownVersion, "served: 0.1")]
    [InlineData("?models=depth@x", 400, Reasons.InvalidRequest, "depth@x")]
    [InlineData("?model=depth", 400, Reasons.InvalidRequest, "no query parameter 'model'")]
    [InlineData("?deadline_ms=-1", 400, Reasons.InvalidDeadline, "-1")]
    [InlineData("?deadline_ms=0", 400, Reasons.InvalidDeadline, "'0'")]
    [InlineData("?deadline_ms=soon", 400, Reasons.InvalidDeadline, "soon")]
    [InlineData("?deadline_ms=99999999999", 400, Reasons.InvalidDeadline, "600000")]
    [InlineData("?deadline_ms=5&deadline_ms=6", 400, Reasons.InvalidDeadline, "5,6")]
    [InlineData("?id=a%0Ab", 400, Reasons.InvalidRequest, "id")]
    public async Task Query_Wrong_IsNamed(string query, int status, string reason, string naming) =>
        Problem(await _mesh.Http.PostAsync("/v1/infer" + query, new ByteArrayContent(Ten)), status, reason).ShouldContain(naming);

    [Fact]
    public async Task Models_TenThousand_AreTooMany() =>
        Problem(
            await _mesh.Http.PostAsync("/v1/infer?models=" + string.Join(',', Enumerable.Repeat("segmentation", 10_000)), new ByteArrayContent(Ten)),
            400, Reasons.TooManyModels).ShouldContain("10000");

    [Fact]
    public async Task Body_Empty_IsRefused() => Problem(await _mesh.Http.PostAsync("/v1/infer", null), 400, Reasons.EmptyBody);

    [Fact]
    public async Task Body_NoPicture_IsRefused() =>
        Problem(await _mesh.Http.PostAsync("/v1/infer", new ByteArrayContent("hello"u8.ToArray())), 400, Reasons.NotAPicture);

    [Theory]
    [InlineData(FailureKind.TooLarge, Reasons.TooManyPixels, 413)]
    [InlineData(FailureKind.TooLarge, Reasons.TooManyFrames, 413)]
    [InlineData(FailureKind.TooLarge, Reasons.BodyTooLarge, 413)]
    [InlineData(FailureKind.Unsupported, Reasons.UnsupportedFormat, 415)]
    [InlineData(FailureKind.Invalid, Reasons.Truncated, 400)]
    public async Task Body_RefusedByThePreprocessor_IsAnsweredAndCountedAsTheCoordinatorsOwnRefusal(FailureKind kind, string reason, int status)
    {
        _mesh.Process.Pictures.BeforeDecode = () => throw new FailureException(new Failure(kind, reason, "not this one"));
        // Not /metrics: a page tells of all meshes of the process, and other tests refuse bodies at the same time.
        using var reasons = new MetricCount(_mesh, "espresso.coordinator.requests", reason, 1);
        using var kinds = new MetricCount(_mesh, "espresso.coordinator.requests", kind.ToString(), 1);

        Problem(await _mesh.Http.PostAsync("/v1/infer", new ByteArrayContent(Ten)), status, reason);

        (reasons.Seen, kinds.Seen).ShouldBe((1, 1));
        _mesh.Process.Pictures.BeforeDecode = () => Task.CompletedTask;
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("multipart/mixed; boundary=x")]
    public async Task Body_OfAnotherType_IsUnsupported(string type)
    {
        using var content = new ByteArrayContent(Ten) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        Problem(await _mesh.Http.PostAsync("/v1/infer", content), 415, Reasons.UnsupportedFormat);
    }

    [Fact]
    public async Task Body_DeclaredTooLarge_IsRefused() =>
        Problem(await _mesh.Http.PostAsync("/v1/infer", new ByteArrayContent(new byte[1001])), 413, Reasons.BodyTooLarge).ShouldContain("1000");

    [Fact]
    public async Task Body_TooLargeWithoutLength_IsRefusedWhileItComes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new ByteArrayContent(new byte[200_000]) };
        request.Headers.TransferEncodingChunked = true;
        Problem(await _mesh.Http.SendAsync(request), 413, Reasons.BodyTooLarge);
    }

    [Fact]
    public async Task Body_ThatIsOnlyAnnounced_HoldsLittleAndEndsAtTheDeadline()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, _ => { }, Packages.Depth());
        using var reader = await Begin(mesh, "POST /v1/infer HTTP/1.1\r\nHost: x\r\nX-Deadline-Ms: 2000\r\nContent-Length: 26214400\r\n\r\n");
        while (mesh.Gate.Bytes == 0)
            await Task.Yield();
        mesh.Gate.Bytes.ShouldBeLessThanOrEqualTo(1 << 20);

        time.Advance(TimeSpan.FromSeconds(2));
        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 504 Gateway Timeout");
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Policy_ThatDoesNotCome_IsNotWaitedForForEver()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, _ => { }, Packages.Depth());
        using var reader = await Begin(mesh, "PUT /v1/models/depth/traffic HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n");
        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 100 Continue"); // the body is being read
        (await reader.ReadLineAsync()).ShouldBeEmpty();

        time.Advance(TimeSpan.FromSeconds(30));
        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 400 Bad Request");
    }

    [Fact]
    public async Task Body_WithoutLength_IsTaken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = new ByteArrayContent(Ten) };
        request.Headers.TransferEncodingChunked = true;
        (await _mesh.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"models":["depth"],"deadline":5}""", "no key 'deadline'")]
    [InlineData("""{"models":"depth"}""", "models: an array of strings")]
    [InlineData("""{"models":["depth"],""", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("""{"id":7}""", "id: a string")]
    [InlineData("""{"models":["\ud800"]}""", "no JSON")]
    [InlineData("""{"\ud800":1}""", "no JSON")]
    public async Task RequestPart_Wrong_IsNamed(string json, string naming) =>
        Problem(await Post(("image", Ten), ("request", Encoding.UTF8.GetBytes(json))), 400, Reasons.InvalidRequest).ShouldContain(naming);

    [Fact]
    public async Task RequestPart_TooLarge_IsRefusedBeforeItIsParsed()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Ten), "image" }, { new ByteArrayContent(new byte[(512 << 10) + 1]), "request" } };
        Problem(await mesh.Http.PostAsync("/v1/infer", form), 413, Reasons.BodyTooLarge).ShouldStartWith("the part 'request' is larger than");
    }

    [Fact]
    public async Task RequestPart_WithAWrongDeadline_IsNamed() =>
        Problem(await Post(("image", Ten), ("request", """{"deadline_ms":-3}"""u8.ToArray())), 400, Reasons.InvalidDeadline).ShouldContain("-3");

    [Fact]
    public async Task Parts_UnknownMissingOrTwice_AreNamed()
    {
        Problem(await Post(("image", Ten), ("photo", Ten)), 400, Reasons.InvalidRequest).ShouldContain("'photo'");
        Problem(await Post(("mask", Ten)), 400, Reasons.InvalidRequest).ShouldContain("'image' is missing");
        Problem(await Post(("image", Ten), ("image", Ten)), 400, Reasons.InvalidRequest).ShouldContain("'image' stands there twice");
        Problem(await Post(("image", Ten), ("mask", new byte[990])), 413, Reasons.BodyTooLarge);
    }

    [Fact]
    public async Task Parts_CutOff_AreRefused()
    {
        using var content = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=image\r\n\r\nabc"u8.ToArray())
        {
            Headers = { ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x") },
        };
        Problem(await _mesh.Http.PostAsync("/v1/infer", content), 400, Reasons.InvalidRequest);
    }

    [Fact]
    public async Task Mask_OfAnotherSize_IsToldBothSizes()
    {
        var detail = Problem(
            await Post(("image", Ten), ("mask", FakePictures.File(30, 40, 0)), ("request", """{"models":["inpainting"]}"""u8.ToArray())),
            400, Reasons.WrongMaskSize);
        detail.ShouldContain("30×40");
        detail.ShouldContain("40×30");
    }

    [Fact]
    public async Task Mask_NoPicture_IsToldFromThePicture() =>
        Problem(await Post(("image", Ten), ("mask", [1, 2]), ("request", """{"models":["inpainting"]}"""u8.ToArray())), 400, Reasons.NotAPicture)
            .ShouldStartWith("mask: ");

    [Fact]
    public async Task Paths_Unknown_AreProblemsToo()
    {
        Problem(await _mesh.Http.GetAsync("/v2/nothing"), 404, "unknown_path");
        using var wrong = await _mesh.Http.GetAsync("/v1/infer");
        Problem(wrong, 405, "wrong_method").ShouldContain("POST");
        wrong.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    /// <summary>Sends a request's head, and no body.</summary>
    private static async Task<StreamReader> Begin(TestMesh mesh, string head)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(mesh.Http.BaseAddress!.Host, mesh.Http.BaseAddress.Port);
        var stream = socket.GetStream(); // its end is the socket's
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        return new StreamReader(stream);
    }

    private static string Problem(HttpResponseMessage response, int status, string reason)
    {
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using var stream = response.Content.ReadAsStream();
        var problem = JsonDocument.Parse(stream).RootElement;
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("reason").GetString().ShouldBe(reason);
        problem.GetProperty("type").GetString().ShouldBe("urn:espresso:problem:" + reason);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("instance").GetString().ShouldStartWith("/v");
        return problem.GetProperty("detail").GetString()!;
    }

    private async Task<HttpResponseMessage> Post(params (string Name, byte[] Bytes)[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in parts)
            form.Add(new ByteArrayContent(bytes), name);
        return await _mesh.Http.PostAsync("/v1/infer", form);
    }
}
