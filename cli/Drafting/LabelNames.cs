using System.Text;

namespace Espresso.Cli.Drafting;

/// <summary>The names for a classifier's numbers, a line each.</summary>
internal static class LabelNames
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The file's names, made different from each other: published lists have some twice (two kinds of crane).</summary>
    /// <exception cref="CliException">It cannot be read, or has another number of names.</exception>
    public static async Task<IReadOnlyList<string>> Read(string path, int count, CancellationToken cancellation)
    {
        string[] lines;
        try
        {
            lines = [.. (await File.ReadAllTextAsync(path, Utf8, cancellation)).TrimEnd().Split('\n').Select(line => line.Trim())];
        }
        catch (DecoderFallbackException error)
        {
            throw new CliException($"{path} is no UTF-8 text; convert it, for example with iconv", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {error.Message}", error);
        }

        if (lines.Length != count)
            throw new CliException($"{path} has {lines.Length} names, but the network gives {count} numbers");
        if (Array.IndexOf(lines, "") is >= 0 and var empty)
            throw new CliException($"line {empty + 1} of {path} is empty; write a name in each line");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!seen.Add(lines[i]))
                seen.Add(lines[i] = $"{lines[i]} ({i})");
        }

        return lines;
    }

    public static IReadOnlyList<string> Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"class {i}")];
}
