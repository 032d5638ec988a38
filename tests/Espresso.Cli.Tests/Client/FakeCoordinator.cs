using System.Net;
using System.Text;
using Espresso.Cli.Processes;
using Espresso.TestKit;

namespace Espresso.Cli.Tests.Client;

/// <summary>A call as it came in.</summary>
internal sealed record SeenCall(string Method, string Target, string Type, byte[] Body)
{
    /// <summary>Null: it set no condition.</summary>
    public string? IfMatch { get; init; }
}

/// <summary>A small HTTP server that answers as a coordinator does, when the test says so.</summary>
internal sealed class FakeCoordinator : IDisposable
{
    private readonly HttpListener _server = new();

    public FakeCoordinator()
    {
        _server.Prefixes.Add(Address.ToString());
        _server.Start();
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort.Pair().First}/");

    public void Dispose() => ((IDisposable)_server).Dispose();

    public void Stop() => _server.Stop();

    /// <summary>Waits for a call and answers it; not for ever, for the command under test may have ended without one.</summary>
    public async Task<SeenCall> Serve(string reply, string type = "application/json", int status = 200, string? tag = null)
    {
        var call = await _server.GetContextAsync().WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        using var body = new MemoryStream();
        await call.Request.InputStream.CopyToAsync(body);
        call.Response.StatusCode = status;
        call.Response.ContentType = type;
        if (status >= 400)
            call.Response.AddHeader("Retry-After", "3");
        if (tag is not null)
            call.Response.AddHeader("ETag", tag);
        call.Response.Close(Encoding.UTF8.GetBytes(reply), willBlock: false);
        return new SeenCall(call.Request.HttpMethod, call.Request.RawUrl ?? "", call.Request.ContentType ?? "", body.ToArray()) { IfMatch = call.Request.Headers["If-Match"] };
    }
}
