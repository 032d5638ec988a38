using System.Text;
using System.Text.Json;

namespace Espresso.Cli.Client;

/// <param name="Path">Where it was written.</param>
internal sealed record ResultFile(string Path, ResultInfo Result, OutputInfo Output);

/// <summary>Writes a reply's results: <c>depth.png</c>, <c>mask.png</c>, <c>tags.json</c>, <c>caption.txt</c>.</summary>
internal static class ResultFiles
{
    /// <summary>Writes every output of every result that is ok, and tells what it wrote where.</summary>
    /// <remarks>
    /// A file is called as its output; where several versions made an output of that name, model and version are added. Whatever a name holds,
    /// its file is in the folder: a graph's names have slashes, and the mesh may be somebody else's.
    /// </remarks>
    public static async Task<IReadOnlyList<ResultFile>> Write(InferReply reply, string folder, CancellationToken cancellation)
    {
        var outputs = reply.Results.Values.Where(result => result.IsOk)
            .SelectMany(result => (result.Outputs ?? []).Select(output => (Result: result, Name: Plain(output.Key), Output: output.Value)))
            .ToList();
        var shared = outputs.GroupBy(output => output.Name).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();

        Directory.CreateDirectory(folder);
        var files = new List<ResultFile>();
        foreach (var (result, name, output) in outputs)
        {
            var stem = shared.Contains(name) ? $"{name}-{Plain(result.Model)}-{Plain(result.Version)}" : name;
            var path = Path.Combine(folder, stem + Extension(output));
            for (var again = 2; files.Exists(file => file.Path == path); again++)
                path = Path.Combine(folder, $"{stem}-{again}{Extension(output)}");
            await WholeFile.Write(path, Content(output), cancellation);
            files.Add(new ResultFile(path, result, output));
        }

        return files;
    }

    /// <summary>A result as a file has it: a picture as it came, a text, or JSON.</summary>
    public static byte[] Content(OutputInfo output) =>
        output.Data ?? (output.Text is { } text ? Encoding.UTF8.GetBytes(text + "\n") : JsonSerializer.SerializeToUtf8Bytes(output, MeshJson.Default.OutputInfo));

    private static string Plain(string name)
    {
        var plain = string.Concat(name.Select(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_' or '.' or ' ' ? letter : '_')).TrimStart('.');
        return plain.Length > 0 ? plain : "_";
    }

    private static string Extension(OutputInfo output) => output.MediaType switch
    {
        null => output.Text is null ? ".json" : ".txt",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/webp" => ".webp",
        _ => ".bin",
    };
}
