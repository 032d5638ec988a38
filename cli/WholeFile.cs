using System.Text;

namespace Espresso.Cli;

/// <summary>Writes a file whole or not at all: a full disk, an interrupt or a kill leaves what was there before.</summary>
/// <remarks>
/// The bytes go into a <c>.part</c> beside it, which then takes the file's name. Its own name is nobody else's, so that two runs at once do not
/// write into one; the later one stays. Only a kill leaves it behind, and nothing ever reads it.
/// </remarks>
internal static class WholeFile
{
    private const int Letters = 8;

    /// <summary>"PATH.1a2b3c4d.part", another one each time.</summary>
    public static string Part(string path) => $"{path}.{Guid.NewGuid().ToString("n")[..Letters]}.part";

    public static Task Write(string path, string text, CancellationToken cancellation) => Write(path, Encoding.UTF8.GetBytes(text), cancellation);

    public static Task Write(string path, byte[] bytes, CancellationToken cancellation) => Write(path, async to => await to.WriteAsync(bytes, cancellation));

    /// <param name="content">Writes all of it; may read what it wrote, too. Where it throws there is no file.</param>
    public static async Task Write(string path, Func<FileStream, Task> content)
    {
        var part = Part(path);
        try
        {
            await using (var to = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite))
                await content(to);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
