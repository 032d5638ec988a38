using Espresso.Manifests;

namespace Espresso.Benchmarks.Serving;

/// <summary>Posts a JPEG to the coordinator and takes the answer in binary parts.</summary>
internal sealed class MeshCaller(Uri address, Manifest manifest) : IDisposable
{
    private static readonly byte[] Picture = Pictures.Jpeg();

    // One picture is sent again and again, and each time is to count.
    private readonly CallerConnections<HttpConnection> _connections = new(
        () => new HttpConnection(
            address, $"/v1/infer?models={manifest.Model}&shared=false", ["Content-Type: image/jpeg", "Accept: multipart/mixed"], Picture),
        connection => connection.Call() == 200);

    public Task<bool> Call() => _connections.Call();

    public void Dispose() => _connections.Dispose();
}
