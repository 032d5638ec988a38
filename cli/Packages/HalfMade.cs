namespace Espresso.Cli.Packages;

/// <summary>Takes away a folder that was not finished, and those above it that were made for it.</summary>
internal static class HalfMade
{
    /// <summary>The outermost folder on the way to <paramref name="target"/> that is not there yet; it itself where all are. To be asked before it is made.</summary>
    public static string FirstMissing(string target)
    {
        for (var folder = target; ;)
        {
            if (Path.GetDirectoryName(folder) is not { } parent || Directory.Exists(parent))
                return folder;
            folder = parent;
        }
    }

    /// <summary>Removes the folder, and those above it up to <paramref name="above"/> in which nobody has put anything since.</summary>
    public static void Remove(string made, string above)
    {
        if (Directory.Exists(made))
            Directory.Delete(made, recursive: true);
        for (var folder = Path.GetDirectoryName(made)!;
            folder.Length >= above.Length && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any();
            folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }
    }
}
