using System.Net;
using System.Text;
using Espresso.Cli.Client;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Client;

/// <summary>Against a small HTTP server that answers as a coordinator does.</summary>
public sealed class MeshClientTests : IDisposable
{
    private readonly HttpListener _server = new();
    private readonly Uri _address = new($"http://127.0.0.1:{FreePort.Pair().First}/");

    public MeshClientTests()
    {
        _server.Prefixes.Add(_address.ToString());
        _server.Start();
    }

    public void Dispose() => ((IDisposable)_server).Dispose();

    [Fact]
    public async Task Infer_Picture_GoesRawWithModelsAndDeadlineInTheQuery()
    {
        var (method, target, type, body) = await Answered(new InferRequest([1, 2, 3], ["depth", "inpainting@0.1"], DeadlineMs: 500));

        method.ShouldBe("POST");
        target.ShouldBe("/v1/infer?models=depth%2Cinpainting%400.1&deadline_ms=500");
        type.ShouldBe("application/octet-stream");
        body.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Infer_PictureAndMask_GoAsParts()
    {
        var (_, target, type, body) = await Answered(new InferRequest([1, 2, 3], [], Mask: [4, 5]));

        target.ShouldBe("/v1/infer");
        type.ShouldStartWith("multipart/form-data; boundary=");
        var text = Encoding.Latin1.GetString(body);
        text.ShouldContain("name=image");
        text.ShouldContain("name=mask");
        text.ShouldContain("\x1\x2\x3");
        text.ShouldContain("\x4\x5");
    }

    [Theory]
    [InlineData("""{"title":"Unsupported","status":415,"detail":"this is text, no picture","reason":"not_a_picture"}""", "application/problem+json",
        "this is text, no picture (HTTP 415, not_a_picture; try again in 3 s)")]
    [InlineData("""{"title":"Unsupported"}""", "application/problem+json", "Unsupported (HTTP 415; try again in 3 s)")]
    [InlineData("<html>", "text/html", "Unsupported Media Type (HTTP 415; try again in 3 s)")]
    [InlineData("{", "application/json", "Unsupported Media Type (HTTP 415; try again in 3 s)")]
    public async Task Infer_Refused_SaysWhatTheMeshSaid(string reply, string type, string message)
    {
        using var client = new MeshClient(_address);
        var infer = client.Infer(new InferRequest([1], []), TestContext.Current.CancellationToken);
        await Serve(reply, type, 415);

        (await Should.ThrowAsync<CliException>(infer)).Message.ShouldBe(message);
    }

    [Fact]
    public async Task Infer_NobodyThere_SaysHowToStartOne()
    {
        _server.Stop();
        using var client = new MeshClient(_address);

        var error = await Should.ThrowAsync<CliException>(client.Infer(new InferRequest([1], []), TestContext.Current.CancellationToken));

        error.Message.ShouldContain($"no mesh at {_address}");
        error.Message.ShouldContain("./espresso up");
    }

    [Fact]
    public async Task Read_Reply_HasPicturesAndTimings()
    {
        var reply = MeshClient.Read("""
            {"id":"7","picture":{"format":"jpeg","width":8,"height":6},
             "results":{"depth":{"model":"depth","version":"0.1","status":"ok",
               "outputs":{"depth":{"kind":"map","media_type":"image/png","width":8,"height":6,"low":0.1,"high":0.9,"data":"AQID"}},
               "timings":{"start_ms":1,"total_ms":2,"queue_ms":3,"compute_ms":4,"encode_ms":5,"call_ms":6,"resample_ms":7,"batch_id":8,"batch_size":9,"release":"idle"}}},
             "timings":{"total_ms":10,"receive_ms":13,"plan_ms":11,"preprocess_ms":12}}
            """u8.ToArray());

        var depth = reply.Results["depth"];
        depth.IsOk.ShouldBeTrue();
        depth.Timings.ShouldBe(new ModelTimings(1, 2, 3, 4, 5, 6, 7, 9, "idle"));
        depth.Outputs.ShouldNotBeNull()["depth"].Data.ShouldBe([1, 2, 3]);
        reply.Timings.ShouldBe(new RequestTimings(10, 13, 11, 12));
    }

    private async Task<(string Method, string Target, string Type, byte[] Body)> Answered(InferRequest request)
    {
        using var client = new MeshClient(_address);
        var infer = client.Infer(request, TestContext.Current.CancellationToken);
        var seen = await Serve("{}", "application/json", 200);
        (await infer).ShouldBe("{}"u8.ToArray());
        return seen;
    }

    private async Task<(string Method, string Target, string Type, byte[] Body)> Serve(string reply, string type, int status)
    {
        var call = await _server.GetContextAsync();
        using var body = new MemoryStream();
        await call.Request.InputStream.CopyToAsync(body);
        call.Response.StatusCode = status;
        call.Response.ContentType = type;
        if (status >= 400)
            call.Response.AddHeader("Retry-After", "3");
        call.Response.Close(Encoding.UTF8.GetBytes(reply), willBlock: false);
        return (call.Request.HttpMethod, call.Request.RawUrl ?? "", call.Request.ContentType ?? "", body.ToArray());
    }
}
