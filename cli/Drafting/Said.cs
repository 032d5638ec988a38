namespace Espresso.Cli.Drafting;

/// <summary>What the person has said by switches; null where nothing.</summary>
/// <param name="Labels">"FILE" or "OUTPUT=FILE" each.</param>
/// <param name="Kinds">Output to kind.</param>
/// <param name="Ranges">Output to "low,high".</param>
internal sealed record Said(
    string? Values, string? Fit, bool Bgr, int? Size, IReadOnlyList<string> Labels, IReadOnlyDictionary<string, string> Kinds, IReadOnlyDictionary<string, string> Ranges);
