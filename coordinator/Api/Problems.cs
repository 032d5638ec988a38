using System.Globalization;
using System.Text.Json;
using Espresso.Coordinator.Inference;
using Espresso.Errors;

namespace Espresso.Coordinator.Api;

/// <summary>Failures on the HTTP wire: RFC 9457 problem documents with <c>reason</c>, the request's <c>id</c>, and the models' own failures.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    private const string TypePrefix = "urn:espresso:problem:";

    /// <summary>What nginx made the custom for a client that went away; nobody is there to read it.</summary>
    private const int ClientClosedRequest = 499;

    /// <summary>What an error on a request's way means to its client.</summary>
    public static Failure FailureOf(Exception error) => error switch
    {
        FailureException expected => expected.Failure,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Failure.TooLarge(Reasons.BodyTooLarge, "the body is larger than any that is taken here"),
        BadHttpRequestException bad => Failure.Invalid(Reasons.InvalidRequest, bad.Message),
        _ => Failure.Internal(Reasons.Internal, "an unforeseen fault; the coordinator's log tells more"),
    };

    public static Task Write(HttpContext http, Failure failure, string? id = null, IEnumerable<StepResult>? results = null)
    {
        if (failure.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (failure.Reason == Reasons.Draining)
            http.Response.Headers.Connection = "close"; // the next connection is another coordinator's
        return Write(http, StatusOf(failure), failure.Reason, failure.Message, id, results);
    }

    public static async Task Write(
        HttpContext http, int status, string reason, string detail, string? id = null, IEnumerable<StepResult>? results = null)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = MediaType;
        await using (var json = ReplyJson.WriterOn(http.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("type", TypePrefix + reason);
            json.WriteString("title", TitleOf(reason));
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteString("instance", http.Request.Path);
            json.WriteString("reason", reason);
            if (id is not null)
                json.WriteString("id", id);
            if (results?.ToList() is { Count: > 0 } steps)
                ReplyJson.WriteFailures(json, "results", steps);
            json.WriteEndObject();
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>
    /// 400 for whatever is wrong with the content (a broken picture, too), with 413 and 415 where HTTP has a word of its own; 404 for models
    /// and versions that do not exist; 412 for a condition that does not hold; 429 for lack of room; 503 for lack of replicas; 504 for lack of time.
    /// </summary>
    public static int StatusOf(Failure failure) => failure.Kind switch
    {
        FailureKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        FailureKind.Unsupported => StatusCodes.Status415UnsupportedMediaType,
        FailureKind.Invalid => StatusCodes.Status400BadRequest,
        FailureKind.NotFound => StatusCodes.Status404NotFound,
        FailureKind.Conflict => StatusCodes.Status412PreconditionFailed,
        FailureKind.Overloaded => StatusCodes.Status429TooManyRequests,
        FailureKind.Late => StatusCodes.Status504GatewayTimeout,
        FailureKind.Cancelled => ClientClosedRequest,
        FailureKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>queue_full → "Queue full".</summary>
    private static string TitleOf(string reason) => char.ToUpperInvariant(reason[0]) + reason[1..].Replace('_', ' ');
}
