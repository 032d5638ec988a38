using System.Globalization;
using System.Text.Json;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Errors;

namespace Espresso.Coordinator.Api;

/// <summary>What a client says beside the pictures: in the query, in headers, or in the JSON part. Each thing once.</summary>
internal sealed class RequestFields(int maxDeadlineMs)
{
    private const int LongestId = 128;
    private const string ModelsForm = "part 'request': models: an array of strings, or of objects with name, on_failure and fallback";

    public const string DeadlineHeader = "X-Deadline-Ms";
    public const string IdHeader = "X-Request-Id";
    public const string KeyHeader = "X-Espresso-Key";
    public const string SharedHeader = "X-Espresso-Shared";

    private readonly CallerFields _caller = new();

    public string? Id { get; private set; }

    public IReadOnlyList<string>? Models { get; private set; }

    public TimeSpan? Deadline { get; private set; }

    /// <summary>Requests of one key get the same canary.</summary>
    public string? Key { get; private set; }

    /// <summary>False: no decode and no inference together with identical pictures.</summary>
    public bool Shared { get; private set; } = true;

    /// <summary>On whose account it goes.</summary>
    public Caller Caller => _caller.Caller;

    /// <exception cref="FailureException">Unknown or unreadable parameters.</exception>
    public void ReadQueryAndHeaders(HttpRequest request)
    {
        foreach (var (name, values) in request.Query)
        {
            switch (name)
            {
                case "models":
                    SetModels([.. values.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))]);
                    break;
                case "deadline_ms":
                    SetDeadline(values.ToString());
                    break;
                case "id":
                    SetId(values.ToString());
                    break;
                case "shared":
                    SetShared(values.ToString());
                    break;
                case "key":
                    Key = CheckedId(values.ToString());
                    break;
                case "tenant":
                    _caller.SetTenant(values.ToString());
                    break;
                case "class":
                    _caller.SetClass(values.ToString());
                    break;
                default:
                    throw Invalid($"no query parameter '{name}'; there are models, deadline_ms, id, shared, key, tenant, class");
            }
        }

        if (request.Headers.TryGetValue(DeadlineHeader, out var deadline))
            SetDeadline(deadline.ToString());
        if (request.Headers.TryGetValue(IdHeader, out var id) && Id is null)
            SetId(id.ToString());
        if (request.Headers.TryGetValue(KeyHeader, out var key) && Key is null)
            Key = CheckedId(key.ToString());
        if (request.Headers.TryGetValue(SharedHeader, out var shared))
            SetShared(shared.ToString());
        _caller.Read(request.Headers);
    }

    /// <param name="json">The part named "request".</param>
    /// <exception cref="FailureException">No JSON object, unknown keys, values of the wrong kind.</exception>
    public void ReadJson(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Invalid("part 'request' is no JSON object");
            foreach (var property in document.RootElement.EnumerateObject())
                ReadJson(property);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException) // the latter where a text is no Unicode
        {
            throw Invalid($"part 'request' is no JSON: {error.Message}");
        }
    }

    private void ReadJson(JsonProperty property)
    {
        var value = property.Value;
        switch (property.Name)
        {
            case "models":
                if (value.ValueKind != JsonValueKind.Array)
                    throw Invalid(ModelsForm);
                SetModels([.. value.EnumerateArray().Select(Model)]);
                break;
            case "deadline_ms":
                SetDeadline(value.ToString());
                break;
            case "shared":
                SetShared(value.GetRawText());
                break;
            case "key":
                Key = CheckedId(Text(property));
                break;
            case "id":
                SetId(Text(property));
                break;
            case "tenant":
                _caller.SetTenant(Text(property));
                break;
            case "class":
                _caller.SetClass(Text(property));
                break;
            default:
                throw Invalid($"part 'request': no key '{property.Name}'; there are models, deadline_ms, id, shared, key, tenant, class");
        }
    }

    private static string Text(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Invalid($"part 'request': {property.Name}: a string");

    /// <summary>"depth", or {"name":"depth","on_failure":"required","fallback":"0.1"}; as the short form.</summary>
    private static string Model(JsonElement model)
    {
        if (model.ValueKind == JsonValueKind.String)
            return model.GetString()!;
        if (model.ValueKind != JsonValueKind.Object)
            throw Invalid(ModelsForm);
        var (name, onFailure, fallback) = ("", "optional", "");
        foreach (var property in model.EnumerateObject())
        {
            var text = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Invalid($"part 'request': models: {property.Name}: a string");
            switch (property.Name)
            {
                case "name":
                    name = text;
                    break;
                case "on_failure" when text is "required" or "optional":
                    onFailure = text;
                    break;
                case "on_failure":
                    throw Invalid($"part 'request': models: on_failure: required or optional; found '{Short(text)}'");
                case "fallback":
                    fallback = text;
                    break;
                default:
                    throw Invalid($"part 'request': models: no key '{property.Name}'; there are name, on_failure, fallback");
            }
        }

        return ModelRequest.Write(name, onFailure == "required", fallback);
    }

    private void SetModels(IReadOnlyList<string> models) =>
        Models = Models is null ? models : throw Invalid("models are named both in the query and in part 'request'");

    private void SetDeadline(string text)
    {
        if (Deadline is not null)
            throw new FailureException(Failure.Invalid(Reasons.InvalidDeadline, "the deadline is given more than once"));
        Deadline = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0 && milliseconds <= maxDeadlineMs
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new FailureException(Failure.Invalid(
                Reasons.InvalidDeadline, $"a deadline is a whole number of milliseconds from 1 to {maxDeadlineMs}; found '{Short(text)}'"));
    }

    private void SetShared(string text) =>
        Shared = text is "true" or "false" ? text == "true" : throw Invalid($"shared: true or false; found '{Short(text)}'");

    private void SetId(string id) =>
        Id = CheckedId(id);

    /// <summary>Ids stand in logs and headers: short, and printable ASCII.</summary>
    public static string CheckedId(string id) =>
        id.Length is > 0 and <= LongestId && id.All(letter => letter is > ' ' and <= '~')
            ? id
            : throw Invalid($"an id has 1 to {LongestId} printable ASCII characters without blanks");

    /// <summary>A client's own words, in a message to it.</summary>
    public static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
