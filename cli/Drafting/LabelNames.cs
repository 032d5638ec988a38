using System.Text;

namespace Espresso.Cli.Drafting;

/// <summary>The names for a classifier's numbers, a line each.</summary>
internal static class LabelNames
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The names for each output that has a file: the output that is named with it, else the only one with as many numbers. Two of one length are not guessed between.</summary>
    /// <param name="said">"FILE" or "OUTPUT=FILE" each.</param>
    /// <param name="vectors">The outputs that can have names, with how many numbers they give.</param>
    /// <exception cref="CliException">A file cannot be read, or is of no output or of several.</exception>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ByOutput(
        IReadOnlyList<string> said, IReadOnlyList<(string Output, int Count)> vectors, CancellationToken cancellation)
    {
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var list = string.Join(", ", vectors.Select(vector => $"'{vector.Output}' gives {vector.Count}"));
        foreach (var (output, path) in said.Select(one => Split(one, [.. vectors.Select(vector => vector.Output)])).OrderBy(one => one.Output is null)) // those that are named first
        {
            var lines = await Read(path, cancellation);
            var fitting = vectors.Where(vector => vector.Count == lines.Count && (output is null ? !names.ContainsKey(vector.Output) : vector.Output == output)).ToList();
            switch (fitting)
            {
                case [var (name, _)]:
                    names[name] = lines;
                    break;
                case []:
                    throw new CliException($"{path} has {lines.Count} names; of the network's outputs {(list.Length > 0 ? list : "none can have names")}");
                default:
                    throw new CliException($"{path} has {lines.Count} names, but of the network's outputs {list}; say which is meant: --labels {fitting[0].Output}={path}");
            }
        }

        return names;
    }

    public static IReadOnlyList<string> Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"class {i}")];

    /// <summary>Names and paths may hold = themselves: before it must stand an output, or all of it is a path.</summary>
    private static (string? Output, string Path) Split(string said, IReadOnlyList<string> outputs)
    {
        if (File.Exists(said))
            return (null, said);
        if (outputs.FirstOrDefault(output => said.StartsWith($"{output}=", StringComparison.Ordinal)) is { } named)
            return (named, said[(named.Length + 1)..]);
        return !said.Contains('=') ? (null, said)
            : throw new CliException($"--labels {said}: there is no such file, and no output of that name that can have names; there are: {string.Join(", ", outputs)}");
    }

    /// <summary>The file's names, made different from each other: published lists have some twice (two kinds of crane).</summary>
    private static async Task<IReadOnlyList<string>> Read(string path, CancellationToken cancellation)
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
}
