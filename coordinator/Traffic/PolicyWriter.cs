using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Espresso.Coordinator.Traffic;

/// <summary>Writes what <see cref="PolicyReader"/> reads.</summary>
internal static class PolicyWriter
{
    public static string Text(TrafficPolicy policy)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
            Write(json, policy);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>An entity tag, quotes and all: equal for equal policies, at every coordinator.</summary>
    public static string Tag(TrafficPolicy policy) => $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text(policy))).AsSpan(0, 8))}\"";

    public static void Write(Utf8JsonWriter json, TrafficPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("default", policy.Default?.ToString());
        WriteSplit(json, "canary", policy.Canary);
        WriteSplit(json, "shadow", policy.Shadow);
        json.WriteStartObject("budget");
        json.WriteNumber("errors", policy.Budget.Errors);
        json.WriteNumber("latency", policy.Budget.Latency);
        json.WriteNumber("window_seconds", policy.Budget.WindowSeconds);
        json.WriteNumber("least_requests", policy.Budget.LeastRequests);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSplit(Utf8JsonWriter json, string name, Split? split)
    {
        if (split is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("version", split.Version.ToString());
        json.WriteNumber("percent", split.Percent);
        json.WriteEndObject();
    }
}
