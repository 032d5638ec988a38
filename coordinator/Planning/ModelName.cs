using Espresso.Manifests;

namespace Espresso.Coordinator.Planning;

/// <summary>What a client writes: "depth", the default version, or "depth@0.1".</summary>
internal readonly record struct ModelName(string Model, ModelVersion? Version)
{
    /// <summary>Longer names are not a model's; they are cut where they are told back.</summary>
    private const int LongestTold = 80;

    public static bool TryParse(string text, out ModelName name)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            name = new ModelName(text, null);
            return text.Length > 0;
        }

        var known = ModelVersion.TryParse(text[(at + 1)..], out var version);
        name = new ModelName(text[..at], version);
        return known && at > 0;
    }

    public override string ToString() => Version is { } version ? $"{Model}@{version}" : Model;

    public static string Told(string text) => text.Length <= LongestTold ? text : text[..LongestTold] + "…";
}
