using System.Text.Json;
using Espresso.Errors;
using Espresso.Manifests;

namespace Espresso.Coordinator.Traffic;

/// <summary>Traffic policies as JSON. What is not said is as it is without a policy.</summary>
/// <remarks>
/// <code>{"default":"1.0","canary":{"version":"1.1","percent":10},"shadow":{"version":"1.1","percent":5},
/// "budget":{"errors":0.02,"latency":1.5,"window_seconds":60,"least_requests":50}}</code>
/// </remarks>
internal static class PolicyReader
{
    /// <exception cref="FailureException">All that is wrong with it.</exception>
    public static TrafficPolicy Read(ReadOnlyMemory<byte> json) => Read(json, static (root, faults) => Read(root, "", faults));

    /// <summary>Several models' policies: an object with a policy a model.</summary>
    /// <exception cref="FailureException">All that is wrong with them.</exception>
    public static IReadOnlyDictionary<string, TrafficPolicy> ReadAll(ReadOnlyMemory<byte> json) => Read(json, static (root, faults) =>
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid("an object with a policy a model");
        var policies = new Dictionary<string, TrafficPolicy>(StringComparer.Ordinal);
        foreach (var model in root.EnumerateObject())
            policies[model.Name] = Read(model.Value, $"{model.Name}: ", faults);
        return policies;
    });

    private static TrafficPolicy Read(JsonElement json, string where, List<string> faults)
    {
        var policy = TrafficPolicy.None;
        if (json.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{where}a policy is an object with default, canary, shadow, budget");
            return policy;
        }

        foreach (var property in json.EnumerateObject())
        {
            var (name, value) = (where + property.Name, property.Value);
            policy = property.Name switch
            {
                "default" => policy with { Default = value.ValueKind == JsonValueKind.Null ? null : Version(value, name, faults) },
                "canary" => policy with { Canary = ReadSplit(value, name, faults) },
                "shadow" => policy with { Shadow = ReadSplit(value, name, faults) },
                "budget" => policy with { Budget = ReadBudget(value, name, faults) },
                _ => Unknown(policy, name, "default, canary, shadow, budget", faults),
            };
        }

        return policy;
    }

    private static Split? ReadSplit(JsonElement json, string where, List<string> faults)
    {
        if (json.ValueKind == JsonValueKind.Null)
            return null;
        var (version, percent) = (default(ModelVersion?), default(double?));
        foreach (var property in Members(json, where, "version and percent", faults))
        {
            var name = $"{where}.{property.Name}";
            if (property.Name == "version")
                version = Version(property.Value, name, faults);
            else if (property.Name == "percent")
                percent = Number(property.Value, name, 0, 100, faults);
            else
                Unknown(0, name, "version, percent", faults);
        }

        if (version is null || percent is null)
            faults.Add($"{where}: version and percent are needed");
        return new Split(version ?? default, percent ?? 0);
    }

    private static VersionBudget ReadBudget(JsonElement json, string where, List<string> faults)
    {
        var budget = new VersionBudget();
        foreach (var property in Members(json, where, "errors, latency, window_seconds, least_requests", faults))
        {
            var (name, value) = ($"{where}.{property.Name}", property.Value);
            budget = property.Name switch
            {
                "errors" => budget with { Errors = Number(value, name, 0, 1, faults) },
                "latency" => budget with { Latency = Number(value, name, 1, 100, faults) },
                "window_seconds" => budget with { WindowSeconds = (int)Number(value, name, 1, 3_600, faults) },
                "least_requests" => budget with { LeastRequests = (int)Number(value, name, 1, 1_000_000, faults) },
                _ => Unknown(budget, name, "errors, latency, window_seconds, least_requests", faults),
            };
        }

        return budget;
    }

    private static List<JsonProperty> Members(JsonElement json, string where, string what, List<string> faults)
    {
        if (json.ValueKind == JsonValueKind.Object)
            return [.. json.EnumerateObject()];
        faults.Add($"{where}: an object with {what}");
        return [];
    }

    private static ModelVersion Version(JsonElement json, string where, List<string> faults)
    {
        if (json.ValueKind != JsonValueKind.String || !ModelVersion.TryParse(json.GetString(), out var version))
        {
            faults.Add($"{where}: a version in quotes, such as \"1.0\"");
            return default;
        }

        return version;
    }

    private static double Number(JsonElement json, string where, double low, double high, List<string> faults)
    {
        if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var number) && number >= low && number <= high)
            return number;
        faults.Add($"{where}: a number from {low} to {high}");
        return low;
    }

    private static T Unknown<T>(T unchanged, string name, string known, List<string> faults)
    {
        faults.Add($"no key '{name}'; there are {known}");
        return unchanged;
    }

    private static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, List<string>, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var faults = new List<string>();
            var policies = read(document.RootElement, faults);
            return faults.Count == 0 ? policies : throw Invalid(string.Join("; ", faults));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException) // the latter where a text is no Unicode
        {
            throw Invalid($"no JSON: {error.Message}");
        }
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
