using Espresso.Mesh.Tests.Processes;
using Espresso.Mesh.Tests.Telemetry.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Espresso.Mesh.Tests.Telemetry;

/// <param name="Service">Whose it is: "espresso-coordinator".</param>
/// <param name="Parent">Empty: none.</param>
internal sealed record ReceivedSpan(string Service, string Name, string Id, string Parent, ulong StartNs, ulong EndNs, IReadOnlyDictionary<string, string> Tags)
{
    public override string ToString() => $"{Service} {Name} {Id} under {Parent}: {string.Join(", ", Tags)}";
}

/// <summary>A collector of OpenTelemetry's traces over http/protobuf; metrics are taken and forgotten.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<ReceivedSpan>> _traces = [];
    private readonly WebApplication _app;
    private volatile Exception? _fault;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            try
            {
                Take(TraceExport.Parser.ParseFrom(body.ToArray()));
            }
            catch (Exception error)
            {
                _fault = error; // the exporter would pass over it in silence
                Announce();
                throw;
            }
        });
        _app.MapPost("/v1/metrics", () => { });
    }

    /// <summary>What makes a process send its telemetry here, soon.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    public static async Task<OtlpReceiver> Start()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The trace's spans, once they satisfy <paramref name="isWhole"/>.</summary>
    /// <exception cref="TimeoutException">They never did; the message lists what came.</exception>
    public async Task<IReadOnlyList<ReceivedSpan>> Trace(string id, Predicate<IReadOnlyList<ReceivedSpan>> isWhole)
    {
        while (true)
        {
            IReadOnlyList<ReceivedSpan> spans;
            Task news;
            lock (_gate)
            {
                spans = _traces.TryGetValue(id, out var list) ? [.. list] : [];
                news = _news.Task;
            }

            if (_fault is not null)
                throw new InvalidDataException("an export could not be read", _fault);
            if (isWhole(spans))
                return spans;
            try
            {
                await news.WaitAsync(MeshProcess.Patience);
            }
            catch (TimeoutException error)
            {
                throw new TimeoutException($"trace {id} is not whole:\n{string.Join('\n', spans)}", error);
            }
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Take(TraceExport export)
    {
        lock (_gate)
        {
            foreach (var resource in export.ResourceSpans)
            {
                var service = resource.Resource.Attributes.Single(attribute => attribute.Key == "service.name").Value.Text;
                foreach (var span in resource.ScopeSpans.SelectMany(scope => scope.Spans))
                {
                    var trace = Convert.ToHexStringLower(span.TraceId.Span);
                    if (!_traces.TryGetValue(trace, out var list))
                        _traces[trace] = list = [];
                    list.Add(new ReceivedSpan(
                        service, span.Name, Convert.ToHexStringLower(span.SpanId.Span), Convert.ToHexStringLower(span.ParentSpanId.Span), span.StartNs, span.EndNs,
                        span.Attributes.ToDictionary(tag => tag.Key, tag => tag.Value?.Text is { Length: > 0 } text ? text : $"{tag.Value?.Number}")));
                }
            }
        }

        Announce();
    }

    private void Announce() =>
        Interlocked.Exchange(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
