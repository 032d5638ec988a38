using System.Text;
using Espresso.Cli.Client;

namespace Espresso.Cli.Tests.Client;

public sealed class MeshClientTests : IDisposable
{
    private readonly FakeCoordinator _coordinator = new();

    public void Dispose() => _coordinator.Dispose();

    [Fact]
    public async Task Status_OfSomebodyElse_SaysSo()
    {
        using var client = new MeshClient(_coordinator.Address);
        var status = client.Status(TestContext.Current.CancellationToken);
        await _coordinator.Serve("<html>hello</html>", "text/html");

        (await Should.ThrowAsync<CliException>(status)).Message.ShouldStartWith($"{_coordinator.Address} does not answer as an Espresso coordinator does: ");
    }

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
    public async Task Infer_ForATenantInAClass_NamesBothInTheQuery()
    {
        var (_, target, _, _) = await Answered(new InferRequest([1], [], Tenant: "a b", Class: "batch"));

        target.ShouldBe("/v1/infer?tenant=a%20b&class=batch");
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
        using var client = new MeshClient(_coordinator.Address);
        var infer = client.Infer(new InferRequest([1], []), TestContext.Current.CancellationToken);
        await _coordinator.Serve(reply, type, 415);

        (await Should.ThrowAsync<CliException>(infer)).Message.ShouldBe(message);
    }

    [Fact]
    public async Task Infer_NobodyThere_SaysHowToStartOne()
    {
        _coordinator.Stop();
        using var client = new MeshClient(_coordinator.Address);

        var error = await Should.ThrowAsync<CliException>(client.Infer(new InferRequest([1], []), TestContext.Current.CancellationToken));

        error.Message.ShouldContain($"no mesh at {_coordinator.Address}");
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

    private async Task<SeenCall> Answered(InferRequest request)
    {
        using var client = new MeshClient(_coordinator.Address);
        var infer = client.Infer(request, TestContext.Current.CancellationToken);
        var seen = await _coordinator.Serve("{}");
        (await infer).ShouldBe("{}"u8.ToArray());
        return seen;
    }
}
