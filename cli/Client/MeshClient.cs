using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Espresso.Cli.Client;

/// <summary>A request to a mesh: a picture and what is wanted of it.</summary>
/// <param name="Models">"name" or "name@version" each; empty: every model's default.</param>
/// <param name="Mask">A picture file: white is what to remove.</param>
/// <param name="DeadlineMs">Milliseconds for the whole request; null: the mesh's own default.</param>
/// <param name="Tenant">On whose account it goes; null: the mesh's own default.</param>
/// <param name="Class">interactive or batch; null: the mesh's own default.</param>
internal sealed record InferRequest(
    byte[] Picture, IReadOnlyList<string> Models, byte[]? Mask = null, int? DeadlineMs = null, string? Tenant = null, string? Class = null);

/// <summary>What a mesh says of a model's traffic.</summary>
/// <param name="Json">As the coordinator's README has it.</param>
/// <param name="Tag">The policy's; a change is made only while it holds. Null: an older coordinator.</param>
internal sealed record TrafficReading(JsonNode Json, EntityTagHeaderValue? Tag)
{
    public JsonNode Policy => Json["policy"]!;

    /// <summary>The default, canary aside; null: none that is live.</summary>
    public string? Serving => Json["serving"]?.GetValue<string>();

    /// <summary>Null: whichever is the highest.</summary>
    public string? Pinned => Policy["default"]?.GetValue<string>();

    /// <summary>Newest first.</summary>
    public JsonArray History => Json["history"]!.AsArray();
}

/// <summary>Speaks to a coordinator over HTTP.</summary>
internal sealed class MeshClient : IDisposable
{
    // The mesh answers or refuses before the request's deadline; this is for a mesh that does neither.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;
    private readonly Uri _address;

    public MeshClient(Uri address)
    {
        _address = address;
        _http = new HttpClient { BaseAddress = address, Timeout = Patience };
    }

    public Uri Address => _address;

    public void Dispose() => _http.Dispose();

    /// <returns>The reply's JSON as it came.</returns>
    /// <exception cref="CliException">The mesh is not there, or refused; the message says what it said.</exception>
    public async Task<byte[]> Infer(InferRequest request, CancellationToken cancellation)
    {
        var query = new List<string>();
        if (request.Models.Count > 0)
            query.Add($"models={Uri.EscapeDataString(string.Join(',', request.Models))}");
        if (request.DeadlineMs is { } deadline)
            query.Add($"deadline_ms={deadline}");
        if (request.Tenant is { } tenant)
            query.Add($"tenant={Uri.EscapeDataString(tenant)}");
        if (request.Class is { } patience)
            query.Add($"class={patience}");
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/infer" + (query.Count > 0 ? $"?{string.Join('&', query)}" : ""))
        {
            Content = Body(request),
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/json") } },
        };
        return await Send(message, cancellation);
    }

    /// <exception cref="CliException">As for <see cref="Infer"/>.</exception>
    public async Task<MeshStatus> Status(CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/v1/status");
        var body = await Send(message, cancellation);
        return Parsed(_address.ToString(), () => JsonSerializer.Deserialize(body, MeshJson.Default.MeshStatus));
    }

    /// <summary>How a model's requests are spread over its versions.</summary>
    /// <exception cref="CliException">As for <see cref="Infer"/>.</exception>
    public Task<TrafficReading> Traffic(string model, CancellationToken cancellation) => Traffic(new HttpRequestMessage(HttpMethod.Get, TrafficOf(model)), cancellation);

    /// <param name="read">What the change was decided upon.</param>
    /// <param name="policy">Replaces the model's policy.</param>
    /// <param name="by">Who, for the history; null: put.</param>
    /// <returns>What holds from now on.</returns>
    /// <exception cref="CliException">As for <see cref="Infer"/>; or the policy is another by now, and was left as it is.</exception>
    public Task<TrafficReading> SetTraffic(string model, TrafficReading read, JsonNode policy, CancellationToken cancellation, string? by = null)
    {
        var message = new HttpRequestMessage(HttpMethod.Put, TrafficOf(model) + (by is null ? "" : $"?by={Uri.EscapeDataString(by)}"))
        {
            Content = new StringContent(policy.ToJsonString(), new MediaTypeHeaderValue("application/json")),
        };
        if (read.Tag is { } tag)
            message.Headers.IfMatch.Add(tag);
        return Traffic(message, cancellation);
    }

    public static InferReply Read(byte[] json) =>
        Parsed("the mesh", () => JsonSerializer.Deserialize(json, MeshJson.Default.InferReply));

    private static string TrafficOf(string model) => $"/v1/models/{Uri.EscapeDataString(model)}/traffic";

    private async Task<TrafficReading> Traffic(HttpRequestMessage message, CancellationToken cancellation)
    {
        using (message)
        {
            EntityTagHeaderValue? tag = null;
            var body = await Send(message, cancellation, response => tag = response.Headers.ETag);
            return new TrafficReading(Parsed(_address.ToString(), () => JsonNode.Parse(body)), tag);
        }
    }

    /// <exception cref="CliException">Somebody else listens there.</exception>
    private static T Parsed<T>(string who, Func<T?> read)
        where T : class
    {
        try
        {
            return read() ?? throw new CliException($"{who} answered with nothing");
        }
        catch (JsonException error)
        {
            throw new CliException($"{who} does not answer as an Espresso coordinator does: {error.Message}", error);
        }
    }

    private static HttpContent Body(InferRequest request)
    {
        var picture = new ByteArrayContent(request.Picture) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        if (request.Mask is null)
            return picture;
        var mask = new ByteArrayContent(request.Mask) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        return new MultipartFormDataContent { { picture, "image", "image" }, { mask, "mask", "mask" } };
    }

    private async Task<byte[]> Send(HttpRequestMessage message, CancellationToken cancellation, Action<HttpResponseMessage>? look = null)
    {
        try
        {
            using var response = await _http.SendAsync(message, cancellation);
            look?.Invoke(response);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return response.IsSuccessStatusCode ? body : throw new CliException(Refusal(response, body));
        }
        catch (HttpRequestException error)
        {
            throw new CliException($"no mesh at {_address}: {error.Message} (./espresso up starts one)", error);
        }
        catch (TaskCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException($"{_address} did not answer within {Patience.TotalMinutes:0} minutes", error);
        }
    }

    /// <summary>What the problem document says, in a line or two.</summary>
    private static string Refusal(HttpResponseMessage response, byte[] body)
    {
        var status = $"HTTP {(int)response.StatusCode}";
        Problem? problem = null;
        try
        {
            if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true)
                problem = JsonSerializer.Deserialize(body, MeshJson.Default.Problem);
        }
        catch (JsonException)
        {
            // not ours, then: the status alone has to do
        }

        var reason = problem?.Reason is { } word ? $"{status}, {word}" : status;
        var again = response.Headers.RetryAfter?.Delta is { } wait ? $"; try again in {wait.TotalSeconds:0} s" : "";
        return $"{problem?.Detail ?? problem?.Title ?? response.ReasonPhrase ?? "refused"} ({reason}{again})";
    }
}
