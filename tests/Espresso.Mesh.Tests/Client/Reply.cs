using System.Net;
using System.Text;
using System.Text.Json;
using Espresso.Mesh.Tests.Pictures;

namespace Espresso.Mesh.Tests.Client;

/// <summary>An answer over HTTP.</summary>
internal sealed class Reply(HttpResponseMessage response, byte[] body, TimeSpan took)
{
    private readonly Lazy<JsonElement> _json = new(() => JsonDocument.Parse(body).RootElement);

    public HttpStatusCode Status { get; } = response.StatusCode;

    public string MediaType { get; } = response.Content.Headers.ContentType?.ToString() ?? "";

    public TimeSpan? RetryAfter { get; } = response.Headers.RetryAfter?.Delta;

    public IReadOnlyCollection<string> Allow { get; } = [.. response.Content.Headers.Allow];

    public TimeSpan Took { get; } = took;

    public byte[] Body { get; } = body;

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => _json.Value;

    /// <summary>By their names in "results".</summary>
    public IEnumerable<string> Results => Json.GetProperty("results").EnumerateObject().Select(result => result.Name);

    public string Detail => Json.GetProperty("detail").GetString()!;

    public JsonElement Result(string name) => Json.GetProperty("results").GetProperty(name);

    public JsonElement Output(string result, string output) => Result(result).GetProperty("outputs").GetProperty(output);

    public byte[] Data(string result, string output) => Output(result, output).GetProperty("data").GetBytesFromBase64();

    /// <summary>An output as pixels, after its description was held against them.</summary>
    public Raster Picture(string result, string output)
    {
        var told = Output(result, output);
        told.GetProperty("media_type").GetString().ShouldBe("image/png");
        var raster = Png.Read(Data(result, output));
        raster.Width.ShouldBe(told.GetProperty("width").GetInt32());
        raster.Height.ShouldBe(told.GetProperty("height").GetInt32());
        return raster;
    }

    public Reply ShouldBeOk()
    {
        Status.ShouldBe(HttpStatusCode.OK, Short());
        return this;
    }

    /// <summary>A complete RFC 9457 document.</summary>
    public Reply ShouldBeProblem(HttpStatusCode status, string reason)
    {
        Status.ShouldBe(status, Short());
        MediaType.ShouldBe("application/problem+json");
        Json.GetProperty("status").GetInt32().ShouldBe((int)status);
        Json.GetProperty("reason").GetString().ShouldBe(reason, Short());
        Json.GetProperty("type").GetString().ShouldNotBeNullOrEmpty();
        Json.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        Json.GetProperty("instance").GetString().ShouldBe(response.RequestMessage!.RequestUri!.AbsolutePath);
        Detail.ShouldNotBeNullOrEmpty();
        Detail.Length.ShouldBeLessThan(1_000, "a problem is told, not repeated");
        return this;
    }

    private string Short() => Text.Length <= 2_000 ? Text : Text[..2_000];
}
