using Espresso.Errors;
using Espresso.Manifests;

namespace Espresso.Coordinator.Planning;

/// <summary>
/// One model of a request and what its failure means, as a client writes it: <c>depth</c> or <c>depth@1.0</c>; then <c>|0.1</c>, the version
/// that runs in its place if it fails; then <c>!</c>, where the whole request fails with it.
/// </summary>
/// <param name="Instead">What this one runs in place of already; null: nothing.</param>
internal sealed record ModelRequest(ModelName Name, bool Required = false, ModelVersion? Fallback = null, Replaced? Instead = null)
{
    private const char FallbackMark = '|';
    private const char RequiredMark = '!';

    /// <exception cref="FailureException">It is none.</exception>
    public static ModelRequest Parse(string text)
    {
        var required = text.EndsWith(RequiredMark);
        var parts = (required ? text[..^1] : text).Split(FallbackMark);
        if (parts.Length > 2 || parts[0].Contains(RequiredMark) || !ModelName.TryParse(parts[0], out var name))
            throw NoModel(text);
        return new ModelRequest(name, required, parts.Length == 2 ? ReadFallback(text, name, parts[1]) : null);
    }

    /// <summary>The short form of what JSON and gRPC say at length.</summary>
    public static string Write(string name, bool required, string? fallback) =>
        $"{name}{(string.IsNullOrEmpty(fallback) ? "" : $"{FallbackMark}{fallback}")}{(required ? RequiredMark : "")}";

    /// <summary>The same request with its fallback in its place.</summary>
    public ModelRequest Replace(Failure why) =>
        this with { Name = Name with { Version = Fallback }, Fallback = null, Instead = new Replaced(Name.ToString(), why) };

    /// <summary>"0.1", or at length "segmentation@0.1".</summary>
    private static ModelVersion ReadFallback(string text, ModelName name, string fallback)
    {
        var at = fallback.IndexOf('@', StringComparison.Ordinal);
        if (at > 0 && fallback[..at] != name.Model)
        {
            throw new FailureException(Failure.Invalid(
                Reasons.InvalidRequest, $"'{ModelName.Told(text)}': a fallback is another version of the same model, whose results have one form"));
        }

        return ModelVersion.TryParse(fallback[(at + 1)..], out var version) ? version : throw NoModel(text);
    }

    private static FailureException NoModel(string text) => new(Failure.Invalid(
        Reasons.InvalidRequest,
        $"'{ModelName.Told(text)}' is no model's name: write model or model@major.minor, such as depth or depth@0.1; then |0.1 for a fallback version, then ! if it is required"));
}

/// <summary>In whose place another version ran, and why.</summary>
/// <param name="What">"segmentation@1.0".</param>
internal sealed record Replaced(string What, Failure Why);
