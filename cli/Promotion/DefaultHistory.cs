using System.Text.Json.Nodes;

namespace Espresso.Cli.Promotion;

/// <summary>Which versions were a model's default, from the history that the mesh keeps. Pure.</summary>
internal static class DefaultHistory
{
    /// <summary>What took a default back does not make the one that it took back a former default: two rollbacks go two back.</summary>
    private static readonly string[] Returns = [PromotionSteps.Rollback, "budget"];

    /// <param name="history">The mesh's, newest first: when, by whom, and what was the default from then on.</param>
    /// <returns>The default before the present one; null: none is known.</returns>
    public static string? Before(JsonArray history)
    {
        var defaults = new List<string>();
        foreach (var change in history.Reverse())
        {
            if (change!["serving"]?.GetValue<string>() is not { } version)
                continue;
            if (Returns.Contains(change["by"]?.GetValue<string>(), StringComparer.Ordinal) && defaults.LastIndexOf(version) is >= 0 and var at)
                defaults.RemoveRange(at + 1, defaults.Count - at - 1);
            if (defaults.Count == 0 || defaults[^1] != version)
                defaults.Add(version);
        }

        return defaults.Count > 1 ? defaults[^2] : null;
    }
}
