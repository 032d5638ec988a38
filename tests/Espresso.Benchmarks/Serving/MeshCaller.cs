using System.Net.Http.Headers;
using Espresso.Manifests;

namespace Espresso.Benchmarks.Serving;

/// <summary>Posts a JPEG to the coordinator and reads the answer in binary parts.</summary>
internal sealed class MeshCaller : IDisposable
{
    private readonly HttpClient _client;
    private readonly string _path;
    private readonly byte[] _picture = Pictures.Jpeg();

    public MeshCaller(Uri address, Manifest manifest)
    {
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("multipart/mixed"));
        _path = $"/v1/infer?models={manifest.Model}&shared=false"; // one picture is sent again and again, and each time is to count
    }

    public async Task<bool> Call()
    {
        using var content = new ByteArrayContent(_picture);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var reply = await _client.PostAsync(new Uri(_path, UriKind.Relative), content);
        await reply.Content.CopyToAsync(Stream.Null);
        return reply.IsSuccessStatusCode;
    }

    public void Dispose() => _client.Dispose();
}
