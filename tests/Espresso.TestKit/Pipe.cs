using System.Diagnostics;

namespace Espresso.TestKit;

/// <summary>A named pipe into which nobody ever writes.</summary>
public static class Pipe
{
    public static void Make(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
    }
}
