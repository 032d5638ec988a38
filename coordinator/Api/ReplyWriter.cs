using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Espresso.Coordinator.Inference;
using Microsoft.Net.Http.Headers;

namespace Espresso.Coordinator.Api;

/// <summary>
/// The answer of <c>POST /v1/infer</c>: JSON with the pictures in base64, or multipart/mixed with the same JSON first and the pictures'
/// bytes after it, for whoever accepts that. Written straight into the response, no faster than the client reads.
/// </summary>
internal static class ReplyWriter
{
    /// <summary>Of an output's bytes at a time: a multiple of three, as base64 likes it, and in base64 well inside one of the transport's blocks.</summary>
    private const int Slice = 24 << 10;

    public static Task Write(HttpContext http, InferenceRequest request, InferenceReply reply, CancellationToken stop)
    {
        if (reply.Failure is { } failure)
            return Problems.Write(http, failure, request.Id, reply.Results);
        return WantsParts(http.Request) ? WriteParts(http.Response, request, reply, stop) : WriteJson(http.Response, request, reply, stop);
    }

    /// <summary>Who names it, and does not like JSON better.</summary>
    private static bool WantsParts(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return Quality("multipart/mixed") is > 0 and var parts && parts >= Quality("application/json");

        double Quality(string type) =>
            accepted.Where(one => one.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(one => one.Quality ?? 1).DefaultIfEmpty().Max();
    }

    private static async Task WriteJson(HttpResponse response, InferenceRequest request, InferenceReply reply, CancellationToken stop)
    {
        response.ContentType = "application/json";
        await WriteDocument(response.BodyWriter, request, reply, async (json, output) =>
        {
            json.WritePropertyName("data");
            var left = (ReadOnlyMemory<byte>)output.Data.Memory;
            for (; left.Length > Slice; left = left[Slice..])
            {
                json.WriteBase64StringSegment(left.Span[..Slice], isFinalSegment: false);
                json.Flush();
                await response.BodyWriter.FlushAsync(stop);
            }

            json.WriteBase64StringSegment(left.Span, isFinalSegment: true);
        });
        await response.BodyWriter.FlushAsync(stop);
    }

    private static async Task WriteParts(HttpResponse response, InferenceRequest request, InferenceReply reply, CancellationToken stop)
    {
        var boundary = Guid.NewGuid().ToString("n");
        response.ContentType = $"multipart/mixed; boundary={boundary}";
        var parts = new List<EncodedOutput>();
        var body = response.BodyWriter;
        Text(body, $"--{boundary}\r\nContent-Type: application/json\r\n\r\n");
        await WriteDocument(body, request, reply, (json, output) =>
        {
            parts.Add(output);
            json.WriteString("content_id", IdOf(parts.Count));
            return ValueTask.CompletedTask;
        });
        for (var i = 0; i < parts.Count; i++)
        {
            Text(body, $"\r\n--{boundary}\r\nContent-Type: {parts[i].MediaType}\r\nContent-ID: <{IdOf(i + 1)}>\r\nContent-Length: {parts[i].Data.Length}\r\n\r\n");
            await body.WriteAsync(parts[i].Data.Memory, stop);
        }

        Text(body, $"\r\n--{boundary}--\r\n");
        await body.FlushAsync(stop);
    }

    private static async Task WriteDocument(
        PipeWriter body, InferenceRequest request, InferenceReply reply, Func<Utf8JsonWriter, EncodedOutput, ValueTask> data)
    {
        await using var json = ReplyJson.WriterOn(body);
        json.WriteStartObject();
        json.WriteString("id", request.Id);
        json.WriteStartObject("picture");
        json.WriteString("format", reply.Format);
        json.WriteNumber("width", reply.Width);
        json.WriteNumber("height", reply.Height);
        json.WriteEndObject();
        await ReplyJson.WriteResults(json, "results", [.. reply.Results.Where(step => step.Requested)], data);
        if (reply.Results.Where(step => !step.Requested).ToList() is { Count: > 0 } pulledIn)
            await ReplyJson.WriteResults(json, "pulled_in", pulledIn, data: null);
        ReplyJson.WriteTimings(json, reply);
        json.WriteEndObject();
    }

    private static string IdOf(int part) => $"output-{part}";

    private static void Text(PipeWriter body, string text) => Encoding.ASCII.GetBytes(text, body);
}
