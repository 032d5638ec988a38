using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Espresso.Cli.Tests.Fetching;

/// <summary>Serves one file over real HTTP; can break off after some bytes, once.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int? _breakAfter;

    private FileServer(WebApplication app) => _app = app;

    public Uri Address => new(new Uri(_app.Urls.First()), "file.tgz");

    /// <summary>The Range headers of the requests, "" for one without.</summary>
    public List<string> Ranges { get; } = [];

    /// <summary>Set when the client has read what came before the break: what is still in the socket would be lost with it.</summary>
    public TaskCompletionSource MayBreak { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<FileServer> Start(byte[] file, int? breakAfter = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = new FileServer(builder.Build()) { _breakAfter = breakAfter };
        server._app.MapGet("/file.tgz", context => server.Serve(context, file));
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task Serve(HttpContext context, byte[] file)
    {
        lock (Ranges)
            Ranges.Add(context.Request.Headers.Range.ToString());
        if (_breakAfter is { } bytes)
        {
            _breakAfter = null;
            context.Response.ContentLength = file.Length;
            await context.Response.Body.WriteAsync(file.AsMemory(0, bytes));
            await context.Response.Body.FlushAsync();
            await MayBreak.Task;
            context.Abort();
            return;
        }

        await Results.Bytes(file, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(context);
    }
}
