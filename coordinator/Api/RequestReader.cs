using System.IO.Pipelines;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Errors;
using Espresso.Wire;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Espresso.Coordinator.Api;

/// <summary>Reads <c>POST /v1/infer</c>: a picture as the body, or multipart/form-data with image, mask and request.</summary>
internal sealed class RequestReader(CoordinatorOptions options, TimeProvider time)
{
    private const int ReadBuffer = 64 << 10;

    /// <summary>Of the JSON part. Parsed it takes many times its size, which no ticket counts.</summary>
    private const int LongestJson = 512 << 10;

    /// <param name="ticket">Goes over to the request; on failure it stays the caller's.</param>
    /// <exception cref="FailureException">What is wrong with the request.</exception>
    public async Task<InferenceRequest> Read(HttpContext http, RequestTicket ticket)
    {
        var arrived = time.GetTimestamp();
        var fields = new RequestFields(options.MaxDeadlineMs);
        fields.ReadQueryAndHeaders(http.Request);
        if (http.Request.ContentLength > options.MaxBodyBytes)
            throw new FailureException(Failure.TooLarge(Reasons.BodyTooLarge, $"the body has {http.Request.ContentLength} bytes; {options.MaxBodyBytes} at the most"));

        // A deadline in the JSON part is known too late for this; it is looked at when all is there.
        var transfer = TimeSpan.FromSeconds(options.TransferSeconds);
        var deadline = fields.Deadline;
        using var late = new CancellationTokenSource(deadline < transfer ? deadline.Value : transfer, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        var memory = new RequestMemory();
        try
        {
            var body = new BodyReader(options.MaxBodyBytes, ticket);
            var (image, mask) = Boundary(http.Request) is { } boundary
                ? await ReadParts(http.Request, boundary, body, new BodyReader(Math.Min(LongestJson, options.MaxBodyBytes), ticket, "the part 'request'"), fields, memory, stop.Token)
                : (memory.Keep(await body.Read(http.Request.BodyReader, http.Request.ContentLength, stop.Token)), null);
            if (image.Length == 0)
                throw new FailureException(Failure.Invalid(Reasons.EmptyBody, "the picture has no bytes"));
            return new InferenceRequest(ticket)
            {
                Id = fields.Id ?? Guid.NewGuid().ToString("n"),
                Models = fields.Models ?? [],
                Deadline = fields.Deadline,
                Shared = fields.Shared,
                Key = fields.Key,
                Caller = fields.Caller,
                Image = image,
                Mask = mask,
                Arrived = arrived,
                Memory = memory,
            };
        }
        catch (Exception error)
        {
            memory.Dispose();
            if (late.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
                throw deadline < transfer ? new FailureException(Failure.Late("the deadline passed before the request was there")) : Invalid($"the body was not there within {options.TransferSeconds} s");
            if (error is InvalidDataException or IOException and not BadHttpRequestException)
                throw Invalid($"the body cannot be read: {error.Message}");
            throw;
        }
    }

    /// <summary>Null: the body is the picture itself. Its own bytes say of what format it is; its declared type only what it cannot be.</summary>
    private static string? Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            return null;
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 128 } boundary
                ? boundary
                : throw Invalid("multipart/form-data without a boundary");
        }

        if (type.Type.Equals("text", StringComparison.OrdinalIgnoreCase) || type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase)
            || type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase))
        {
            throw new FailureException(new Failure(
                FailureKind.Unsupported, Reasons.UnsupportedFormat,
                $"{type.MediaType} is not taken: send a picture as the body, or multipart/form-data with a part 'image'"));
        }

        return null;
    }

    private static async Task<(Payload Image, Payload? Mask)> ReadParts(
        HttpRequest request, string boundary, BodyReader body, BodyReader json, RequestFields fields, RequestMemory memory, CancellationToken stop)
    {
        var parts = new Dictionary<string, Payload>(StringComparer.Ordinal);
        var reader = new MultipartReader(boundary, request.Body, ReadBuffer);
        while (await reader.ReadNextSectionAsync(stop) is { } section)
        {
            var name = section.GetContentDispositionHeader() is { } disposition ? HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "" : "";
            if (name is not ("image" or "mask" or "request"))
                throw Invalid($"no part '{name}' is known; there are image, mask, request");
            var pipe = PipeReader.Create(section.Body, new StreamPipeReaderOptions(bufferSize: ReadBuffer));
            var payload = memory.Keep(await (name == "request" ? json : body).Read(pipe, declared: null, stop));
            await pipe.CompleteAsync();
            if (!parts.TryAdd(name, payload))
                throw Invalid($"part '{name}' stands there twice");
        }

        if (parts.TryGetValue("request", out var asked))
            fields.ReadJson(asked.Memory);
        return parts.TryGetValue("image", out var image)
            ? (image, parts.GetValueOrDefault("mask"))
            : throw Invalid("the part 'image' is missing");
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
