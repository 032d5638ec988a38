using System.Net.Http.Headers;

namespace Espresso.Mesh.Tests.Client;

/// <summary>Speaks to a process over HTTP, and reads no more into the answers than what stands there.</summary>
internal sealed class MeshClient(Uri address) : IDisposable
{
    /// <summary>For requests whose time is not what is tested: a busy machine may be slow.</summary>
    public const string NoHurry = "deadline_ms=120000";

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromMinutes(5),
    };

    public Uri Address { get; } = address;

    /// <param name="models">With commas between; null: nothing is said of models.</param>
    public Task<Reply> Infer(byte[] picture, string? models, params (string Name, string Value)[] headers) =>
        Post(models is null ? NoHurry : $"models={models}&{NoHurry}", Bytes(picture), headers);

    public async Task<Reply> Post(string query, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/infer?{query}") { Content = content };
        request.Headers.Add("X-Espresso-Shared", "false"); // the tests send one picture many times, and each is to be work of its own
        return await Send(request, headers);
    }

    public async Task<Reply> Get(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await Send(request);
    }

    public async Task<Reply> Send(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        var began = TimeProvider.System.GetTimestamp();
        using var response = await _http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return new Reply(response, body, TimeProvider.System.GetElapsedTime(began));
    }

    public static ByteArrayContent Bytes(byte[] body, string type = "application/octet-stream") =>
        new(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    /// <summary>multipart/form-data.</summary>
    public static MultipartFormDataContent Form(params (string Name, HttpContent Content)[] parts)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, content) in parts)
            form.Add(content, name);
        return form;
    }

    public void Dispose() => _http.Dispose();
}
