using System.Text.Json;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Microsoft.Net.Http.Headers;

namespace Espresso.Coordinator.Api;

/// <summary><c>GET</c> and <c>PUT /v1/models/{model}/traffic</c>: how a model's requests are spread over its versions.</summary>
/// <remarks>The entity tag is the policy's alone: with <c>If-Match</c>, a policy is replaced only where it is still the one that was read.</remarks>
internal sealed class TrafficEndpoint(TrafficBook book, ReplicaRegistry registry, CoordinatorOptions options, TimeProvider time)
{
    private const int LongestBody = 64 << 10;

    public Task Get(HttpContext http) => Write(http, Model(http));

    public async Task Put(HttpContext http)
    {
        var served = Model(http);
        var policy = PolicyReader.Read(await Body(http));
        foreach (var version in new[] { policy.Default, policy.Canary?.Version, policy.Shadow?.Version })
        {
            if (version is { } named && served.Find(named) is null)
            {
                throw new FailureException(Failure.NotFound(
                    Reasons.UnknownVersion, $"no version {named} of '{served.Name}'; served: {string.Join(", ", served.Versions.Select(one => one.Key.Version))}"));
            }
        }

        book.Set(served.Name, policy, By(http), Condition(http));
        await Write(http, served);
    }

    private async Task<ReadOnlyMemory<byte>> Body(HttpContext http)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.TransferSeconds), time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        var body = new byte[LongestBody + 1];
        try
        {
            var length = await http.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, stop.Token);
            return length <= LongestBody ? body.AsMemory(0, length)
                : throw new FailureException(Failure.TooLarge(Reasons.BodyTooLarge, $"a policy has {LongestBody} bytes at the most"));
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, $"the body was not there within {options.TransferSeconds} s"));
        }
    }

    private static Predicate<TrafficPolicy>? Condition(HttpContext http)
    {
        var header = http.Request.Headers.IfMatch;
        if (header.Count == 0)
            return null;
        if (!EntityTagHeaderValue.TryParseStrictList(header, out var tags))
            throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, "If-Match: an entity tag in double quotes, as the ETag of a reply, or *"));
        return tags.Contains(EntityTagHeaderValue.Any) ? null : policy => tags.Any(tag => !tag.IsWeak && tag.Tag.Equals(PolicyWriter.Tag(policy), StringComparison.Ordinal));
    }

    /// <summary>Who the history names: <c>?by=promote</c>.</summary>
    private static string By(HttpContext http)
    {
        const int Longest = 32;
        var by = http.Request.Query["by"].ToString();
        return by.Length == 0 ? "put"
            : by.Length <= Longest && by.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') ? by
            : throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, $"by: 1 to {Longest} of a–z, A–Z, 0–9, -, _ and ."));
    }

    private ServedModel Model(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["model"]!;
        return registry.Now.Models.GetValueOrDefault(name)
            ?? throw new FailureException(Failure.NotFound(Reasons.UnknownModel, $"no model '{Planning.ModelName.Told(name)}'; served: {string.Join(", ", registry.Now.Models.Keys)}"));
    }

    private async Task Write(HttpContext http, ServedModel served)
    {
        var traffic = book.Of(served.Name);
        var policy = traffic.Policy;
        http.Response.ContentType = "application/json";
        http.Response.Headers.ETag = PolicyWriter.Tag(policy);
        await using (var json = ReplyJson.WriterOn(http.Response.BodyWriter, indented: true))
        {
            json.WriteStartObject();
            json.WriteString("model", served.Name);
            json.WriteString("serving", traffic.DefaultOf(served) is { IsLive: true } live ? live.Key.Version.ToString() : null);
            json.WritePropertyName("policy");
            PolicyWriter.Write(json, policy);
            WriteRecent(json, traffic);
            WriteShadow(json, traffic.Shadow);
            WriteHistory(json, traffic);
            json.WriteEndObject();
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private static void WriteRecent(Utf8JsonWriter json, ModelTraffic traffic)
    {
        json.WriteStartObject("recent");
        foreach (var (version, outcomes) in traffic.Recent.OrderByDescending(one => one.Key))
        {
            json.WriteStartObject(version.ToString());
            json.WriteNumber("requests", outcomes.Requests);
            json.WriteNumber("errors", outcomes.Errors);
            if (outcomes.Timed > 0)
                json.WriteNumber("p95_ms", Math.Round(outcomes.P95Ms, 1));
            else
                json.WriteNull("p95_ms"); // the times of a version that warms up do not count
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteShadow(Utf8JsonWriter json, ShadowFigures shadow)
    {
        json.WriteStartObject("shadow");
        json.WriteNumber("runs", shadow.Runs);
        json.WriteNumber("failed", shadow.Failed);
        json.WriteNumber("skipped", shadow.Skipped);
        json.WriteStartObject("outputs");
        foreach (var (output, figures) in shadow.Outputs)
        {
            json.WriteStartObject(output);
            json.WriteNumber("compared", figures.Count);
            json.WriteNumber("incomparable", figures.Incomparable);
            json.WriteNumber("mean_difference", figures.Mean);
            json.WriteNumber("largest_difference", figures.Largest);
            if (figures.Agreement is { } agreement)
                json.WriteNumber("agreement", agreement);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteHistory(Utf8JsonWriter json, ModelTraffic traffic)
    {
        json.WriteStartArray("history");
        foreach (var change in traffic.History)
        {
            json.WriteStartObject();
            json.WriteString("at", change.At);
            json.WriteString("by", change.By);
            json.WriteString("what", change.What);
            json.WriteString("serving", change.Serving?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
