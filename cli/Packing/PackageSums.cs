using System.Text;
using Espresso.Manifests;

namespace Espresso.Cli.Packing;

/// <summary>The first file of a packed package: what else is in it, a line a file, as <c>sha256sum</c> writes and checks it.</summary>
/// <param name="Root">"depth/1.0": the folder that all names in the archive begin with.</param>
/// <param name="Sums">Lower-case hexadecimal, by path below the root.</param>
internal sealed record PackageSums(string Root, IReadOnlyDictionary<string, string> Sums)
{
    public const string FileName = "SHA256SUMS";

    /// <summary>Bytes that a list may have: some ten thousand files.</summary>
    public const int Longest = 1 << 20;

    private const int Digits = 64;
    private const string Gap = "  ";

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Concat(Sums.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Value}{Gap}{file.Key}\n")));

    /// <param name="name">The list's own name in the archive.</param>
    /// <exception cref="CliException">It is none, or names what lies outside of the package.</exception>
    public static PackageSums Read(string name, byte[] bytes)
    {
        var parts = name.Split('/');
        if (parts is not [var model, var version, FileName] || !IsPlain(model) || !ModelVersion.TryParse(version, out _))
            throw new CliException($"it begins with '{Told(name)}' instead of MODEL/VERSION/{FileName}; espresso model pack makes such a file");
        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n')[..^1])
        {
            var path = line.Length > Digits + Gap.Length ? line[(Digits + Gap.Length)..] : "";
            if (path.Length == 0 || !line[..Digits].All(char.IsAsciiHexDigitLower) || line[Digits..^path.Length] != Gap || !sums.TryAdd(path, line[..Digits]))
                throw new CliException($"its {FileName} is damaged at '{Told(line)}'");
            if (!path.Split('/').All(IsPlain))
                throw new CliException($"it names '{Told(path)}', which lies outside of the package");
        }

        return sums.ContainsKey(ManifestReader.FileName) ? new PackageSums($"{model}/{version}", sums) : throw new CliException($"its {FileName} names no {ManifestReader.FileName}");
    }

    /// <summary>A name of its own: no step up, no root, nothing that steers a terminal.</summary>
    private static bool IsPlain(string part) => part is not ("" or "." or "..") && !part.Contains('\\') && !part.Any(char.IsControl);

    /// <summary>What stands in a file that may be hostile, for a line on a terminal.</summary>
    public static string Told(string text)
    {
        const int Most = 80;
        return string.Concat(text.Take(Most).Select(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' ? '?' : letter));
    }
}
