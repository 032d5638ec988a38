using System.Runtime.InteropServices;

namespace Espresso.Manifests;

/// <summary>Whether a path is a file with an end: whoever opens a pipe waits for somebody to write into it, and a device may give bytes for ever.</summary>
public static partial class RegularFile
{
    public const string Fault = "is a pipe, a socket or a device; a package holds files";

    // linux/stat.h, the same on every architecture.
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const uint Type = 1; // STATX_TYPE
    private const int Bytes = 256;
    private const int Mode = 28;
    private const int TypeBits = 0xf000;
    private const int Regular = 0x8000;

    /// <summary>Links are followed. What is not there, or cannot be looked at, is for who opens it to tell.</summary>
    public static bool OrNone(string path)
    {
        Span<byte> told = stackalloc byte[Bytes];
        return !OperatingSystem.IsLinux() || Look(WorkingDirectory, path, 0, Type, told) != 0 || (MemoryMarshal.Read<ushort>(told[Mode..]) & TypeBits) == Regular;
    }

    // .NET tells links and folders apart, but nothing else.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Look(int folder, string path, int flags, uint mask, Span<byte> told);
}
