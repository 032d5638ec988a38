using System.Net;
using System.Text;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Protos.Preprocessor;

namespace Espresso.Mesh.Tests;

/// <summary>Whatever is sent, the answer is a problem document that names what is wrong, and the mesh goes on.</summary>
[Collection(MeshCollection.Name)]
public sealed class BadInputTests(SharedMesh mesh) : IAsyncLifetime
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("This is a letter, and no picture of anything. " + new string('x', 500));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>After each of them every process lives, and a good request gets its answer.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in mesh.Mesh.Processes)
            process.IsLive.ShouldBeTrue(process.Name);
        (await mesh.Client.Infer(Scene.Picture, "depth")).ShouldBeOk();
    }

    [Fact]
    public async Task Body_Empty_IsSaid() =>
        (await mesh.Client.Infer([], "depth")).ShouldBeProblem(HttpStatusCode.BadRequest, "empty_body");

    [Fact]
    public async Task Body_None_IsSaid() =>
        (await mesh.Client.Post("models=depth", content: null)).ShouldBeProblem(HttpStatusCode.BadRequest, "empty_body");

    [Fact]
    public async Task Body_Text_IsNoPicture() =>
        (await mesh.Client.Infer(Text, "depth")).ShouldBeProblem(HttpStatusCode.BadRequest, "not_a_picture").Detail.ShouldContain("JPEG");

    [Fact]
    public async Task Body_JpegCutOff_IsTruncated()
    {
        var jpeg = await Encoded.Scene((await mesh.Preprocessor.Listening()).Grpc, Format.Jpeg);

        (await mesh.Client.Infer(jpeg[..(jpeg.Length / 2)], "depth")).ShouldBeProblem(HttpStatusCode.BadRequest, "truncated_picture").Detail.ShouldContain("JPEG");
    }

    [Fact]
    public async Task Body_PngWithAWrongChecksum_IsCorrupt()
    {
        var png = (byte[])Scene.Picture.Clone();
        png[^20] ^= 0xff; // in the last bytes of the pixels

        (await mesh.Client.Infer(png, "depth")).ShouldBeProblem(HttpStatusCode.BadRequest, "corrupt_picture");
    }

    [Fact]
    public async Task Body_PngOfAHundredMegapixels_IsRefusedByItsHeader()
    {
        var bomb = Png.Zeros(Png.Header(10_000, 10_000, bits: 8, ColourType.Rgb), 10_000L * (1 + (10_000 * 3)));
        bomb.Length.ShouldBeLessThan(3_000_000, "for 300 MB of pixels");

        var problem = (await mesh.Client.Infer(bomb, "depth")).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "too_many_pixels");

        problem.Detail.ShouldContain("100000000");
    }

    [Fact]
    public async Task Body_ThirtyMegabytes_AreTooMany() =>
        (await mesh.Client.Infer(new byte[30_000_000], "depth")).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");

    [Fact]
    public async Task Body_ThirtyMegabytesOfUntoldLength_AreTooMany()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer?models=depth") { Content = MeshClient.Bytes(new byte[30_000_000]) };
        request.Headers.TransferEncodingChunked = true;

        (await mesh.Client.Send(request)).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("multipart/mixed; boundary=x")]
    public async Task ContentType_OfNoPicture_IsUnsupported(string type) =>
        (await mesh.Client.Post("models=depth", MeshClient.Bytes(Text, type))).ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_format");

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>", "SVG")]
    [InlineData("%PDF-1.7 and so on", "PDF")]
    public async Task Body_PictureOfARefusedKind_IsUnsupported(string body, string kind) =>
        (await mesh.Client.Infer(Encoding.ASCII.GetBytes(body), "depth")).ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_format").Detail.ShouldContain(kind);

    [Fact]
    public async Task Models_Unknown_ListsWhatThereIs()
    {
        var problem = (await mesh.Client.Infer(Scene.Picture, "depth,colour")).ShouldBeProblem(HttpStatusCode.NotFound, "unknown_model");

        foreach (var word in new[] { "colour", "depth", "segmentation", "inpainting" })
            problem.Detail.ShouldContain(word);
    }

    [Fact]
    public async Task Models_UnknownVersion_ListsWhatThereIs()
    {
        var problem = (await mesh.Client.Infer(Scene.Picture, "inpainting@7.3")).ShouldBeProblem(HttpStatusCode.NotFound, "unknown_version");

        foreach (var word in new[] { "7.3", "0.1", "1.0" })
            problem.Detail.ShouldContain(word);
    }

    [Theory]
    [InlineData("depth@")]
    [InlineData("depth@new")]
    [InlineData("depth@1")]
    [InlineData("@1.0")]
    public async Task Models_UnreadableName_IsInvalid(string name) =>
        (await mesh.Client.Infer(Scene.Picture, name)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    public async Task Models_TenThousandInTheQuery_AreTooMany() =>
        (await mesh.Client.Infer(Scene.Picture, string.Join(',', Enumerable.Repeat("segmentation@0.1", 10_000))))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "too_many_models").Detail.ShouldContain("10000");

    [Fact]
    public async Task Models_TenThousandInTheJsonPart_AreTooMany() =>
        (await Form("{\"models\": [" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"model-{i}\"")) + "]}"))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "too_many_models").Detail.ShouldContain("10000");

    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("soon")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999")]
    public async Task Deadline_NoPositiveNumber_IsInvalid(string deadline)
    {
        (await mesh.Client.Post($"models=depth&deadline_ms={deadline}", MeshClient.Bytes(Scene.Picture)))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_deadline").Detail.ShouldContain(deadline);
        (await mesh.Client.Post("models=depth", MeshClient.Bytes(Scene.Picture), ("X-Deadline-Ms", deadline)))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_deadline");
    }

    [Fact]
    public async Task Query_UnknownParameter_IsNamed() =>
        (await mesh.Client.Post("model=depth", MeshClient.Bytes(Scene.Picture))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request").Detail.ShouldContain("'model'");

    [Theory]
    [InlineData("""{"model": ["depth"]}""", "'model'")]
    [InlineData("""{"models": "depth"}""", "array")]
    [InlineData("""{"models": [1]}""", "strings")]
    [InlineData("""{"models": ["depth"]""", "JSON")]
    [InlineData("""["depth"]""", "object")]
    [InlineData("""{"models": ["depth"], "id": 7}""", "id")]
    [InlineData("", "JSON")]
    public async Task JsonPart_Wrong_SaysWhat(string json, string word) =>
        (await Form(json)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request").Detail.ShouldContain(word);

    [Fact]
    public async Task JsonPart_NegativeDeadline_IsInvalid() =>
        (await Form("""{"models": ["depth"], "deadline_ms": -5}""")).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_deadline");

    [Fact]
    public async Task Multipart_WithoutImage_IsInvalid() =>
        (await mesh.Client.Post("models=depth", MeshClient.Form(("mask", MeshClient.Bytes(Scene.Mask)))))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request").Detail.ShouldContain("'image'");

    [Fact]
    public async Task Multipart_UnknownPart_IsNamed() =>
        (await mesh.Client.Post("models=depth", MeshClient.Form(("picture", MeshClient.Bytes(Scene.Picture)))))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request").Detail.ShouldContain("'picture'");

    [Fact]
    public async Task Multipart_PartTwice_IsInvalid() =>
        (await mesh.Client.Post("models=depth", MeshClient.Form(("image", MeshClient.Bytes(Scene.Picture)), ("image", MeshClient.Bytes(Scene.Picture)))))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request").Detail.ShouldContain("twice");

    [Theory]
    [InlineData("multipart/form-data", "--x\r\n")]
    [InlineData("multipart/form-data; boundary=x", "")]
    [InlineData("multipart/form-data; boundary=x", "no boundary anywhere")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=image\r\n\r\ncut off")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nno header\r\n\r\n\r\n--x--\r\n")]
    public async Task Multipart_Broken_IsInvalid(string type, string body) =>
        (await mesh.Client.Post("models=depth", MeshClient.Bytes(Encoding.ASCII.GetBytes(body), type))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request");

    [Theory]
    [InlineData("/v1/infer/depth")]
    [InlineData("/v2/models")]
    [InlineData("/favicon.ico")]
    public async Task Path_Unknown_IsAProblemToo(string path) =>
        (await mesh.Client.Get(path)).ShouldBeProblem(HttpStatusCode.NotFound, "unknown_path").Detail.ShouldContain(path);

    [Fact]
    public async Task Method_Wrong_NamesTheRightOne()
    {
        var problem = (await mesh.Client.Get("/v1/infer")).ShouldBeProblem(HttpStatusCode.MethodNotAllowed, "wrong_method");

        problem.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task Id_WithBlanksOrTooLong_IsInvalid()
    {
        (await mesh.Client.Infer(Scene.Picture, "depth", ("X-Request-Id", "two words"))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request");
        (await mesh.Client.Infer(Scene.Picture, "depth", ("X-Request-Id", new string('x', 129)))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_request");
    }

    private Task<Reply> Form(string json) => mesh.Client.Post("", MeshClient.Form(
        ("image", MeshClient.Bytes(Scene.Picture)), ("request", new StringContent(json, Encoding.UTF8, "application/json"))));
}
