using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Espresso.Protos.Coordinator;
using Google.Protobuf;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Outputs that are no pictures, from the client's side.</summary>
public sealed class KindTests : IAsyncLifetime
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    private TestMesh _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _mesh = await TestMesh.Start(Packages.Kinds());
        Say("kinds@0.1", [0.25f, 0.5f, 0.375f]);
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task Kinds_OverHttp_StandInTheJson()
    {
        var (response, json) = await _mesh.Infer("", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Outputs(json).GetRawText().ShouldBe(string.Concat(
            """{"tags":{"kind":"labels","labels":[{"name":"night","score":0.5},{"name":"dusk","score":0.375}]}""",
            ""","quality":{"kind":"scores","scores":{"sharpness":0.75,"exposure":-0.5}}""",
            ""","vector":{"kind":"embedding","embedding":[3,-4.5]},"caption":{"kind":"text","text":"grün"}}"""));
        await _mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Kinds_AsParts_StandInTheFirst()
    {
        await _mesh.Process.Join(Packages.Depth());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new ByteArrayContent(Ten), Headers = { Accept = { new MediaTypeWithQualityHeaderValue("multipart/mixed") } } };

        var body = await (await _mesh.Http.SendAsync(request)).Content.ReadAsStringAsync();

        body.ShouldContain(""":{"kind":"text","text":"grün"}""");
        body.Split("Content-ID").Length.ShouldBe(2); // depth's file alone
    }

    [Fact]
    public async Task Kinds_OverGrpc_StandInTheirFields()
    {
        var reply = await new Protos.Coordinator.Coordinator.CoordinatorClient(_mesh.Channel).InferAsync(new InferRequest { Image = ByteString.CopyFrom(Ten) });

        var outputs = reply.Results.ShouldHaveSingleItem().Outputs;
        outputs.Select(output => (output.Name, output.Kind)).ShouldBe([("tags", "labels"), ("quality", "scores"), ("vector", "embedding"), ("caption", "text")]);
        outputs[0].Labels.Select(label => (label.Name, label.Score)).ShouldBe([("night", 0.5f), ("dusk", 0.375f)]);
        outputs[1].Scores.Select(score => (score.Name, score.Score)).ShouldBe([("sharpness", 0.75f), ("exposure", -0.5f)]);
        outputs[2].Embedding.ShouldBe([3, -4.5f]);
        outputs[3].Text.ShouldBe("grün");
        outputs.ShouldAllBe(output => output.Data.IsEmpty);
    }

    [Fact]
    public async Task Labels_InAFile_ComeWithTheLease()
    {
        await _mesh.Process.Join(Packages.Kinds("0.2", "names.txt"), new() { ["names.txt"] = "one\ntwo\nthree\n" });
        Say("kinds@0.2", [1, 2, 3]);

        var (_, json) = await _mesh.Infer("?models=kinds@0.2", Ten);

        Outputs(json).GetProperty("tags").GetProperty("labels").EnumerateArray().Select(label => label.GetProperty("name").GetString()).ShouldBe(["three", "two"]);
    }

    [Fact]
    public async Task Answer_WithANumberThatIsNone_IsTheModelsFailure()
    {
        _mesh.Process.Models.Numbers["kinds@0.1 quality"] = [1, float.NaN];

        var (response, json) = await _mesh.Infer("", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        json.GetProperty("reason").GetString().ShouldBe("model_failed");
        json.GetProperty("detail").GetString()!.ShouldContain("output 'quality' says nothing: it has NaN for 'exposure'");
    }

    [Fact]
    public async Task Answer_OfAnotherSize_IsTheModelsFailure()
    {
        _mesh.Process.Models.Numbers["kinds@0.1 vector"] = [1, 2, 3];

        var (_, json) = await _mesh.Infer("", Ten);

        json.GetProperty("detail").GetString()!.ShouldContain("output 'vector' came as 1×3 with 12 bytes instead of 2 FP32");
    }

    [Fact]
    public async Task Models_TellWhatTheNamesAndNumbersMean()
    {
        var outputs = (await _mesh.Http.GetFromJsonAsync<JsonElement>("/v1/models")).GetProperty("models")[0].GetProperty("outputs");

        outputs[0].GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ShouldBe(["day", "night", "dusk"]);
        outputs[1].GetProperty("scores").GetProperty("exposure").GetProperty("low").GetDouble().ShouldBe(-1);
        outputs[1].GetProperty("scores").GetProperty("sharpness").GetProperty("meaning").GetString().ShouldBe("0 blurred to 1 crisp");
        outputs[2].GetProperty("size").GetInt32().ShouldBe(2);
    }

    private static JsonElement Outputs(JsonElement json) => json.GetProperty("results").GetProperty("kinds").GetProperty("outputs");

    private void Say(string model, float[] logits)
    {
        var models = _mesh.Process.Models;
        models.Numbers[$"{model} logits"] = logits;
        models.Numbers[$"{model} quality"] = [0.75f, -0.5f];
        models.Numbers[$"{model} vector"] = [3, -4.5f];
        models.Texts[$"{model} caption"] = "grün";
    }
}
