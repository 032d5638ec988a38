using Espresso.Manifests;

namespace Espresso.Common.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Every folder <c>minions/model/version</c> with a manifest.</summary>
    public static IReadOnlyList<string> Packages { get; } = [.. Directory.GetDirectories(Path.Combine(Root, "minions"))
        .SelectMany(Directory.GetDirectories).Where(folder => File.Exists(Path.Combine(folder, ManifestReader.FileName))).Order(StringComparer.Ordinal)];

    /// <summary>Every folder <c>recipes/name</c>.</summary>
    public static IReadOnlyList<string> Recipes { get; } = [.. Directory.GetDirectories(Path.Combine(Root, "recipes")).Order(StringComparer.Ordinal)];

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Espresso.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
