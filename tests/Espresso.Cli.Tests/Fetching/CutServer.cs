using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Espresso.Cli.Tests.Fetching;

/// <summary>Promises a file over HTTP and closes the connection in the middle of it; all that it sent arrives.</summary>
internal sealed class CutServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public CutServer() => _listener.Start();

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/file.tgz");

    public void Dispose() => _listener.Dispose();

    /// <summary>Answers one request.</summary>
    /// <param name="promises">False: the end of the connection is the end of the file, as far as the client can tell.</param>
    public async Task Serve(byte[] file, int sent, bool promises = true)
    {
        using var socket = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
        {
            // its headers
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{(promises ? $"Content-Length: {file.Length}" : "Connection: close")}\r\n\r\n"), TestContext.Current.CancellationToken);
        await stream.WriteAsync(file.AsMemory(0, sent), TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);
    }
}
