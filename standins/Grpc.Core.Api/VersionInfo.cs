namespace Grpc.Core;

/// <summary>The version of the contracts that this assembly stands in for.</summary>
public static class VersionInfo
{
    /// <summary>The assembly's version, the same through all of 2.x.</summary>
    public const string CurrentAssemblyVersion = "2.0.0.0";

    /// <summary>The file's version.</summary>
    public const string CurrentAssemblyFileVersion = "2.85.0.0";

    /// <summary>The package's version.</summary>
    public const string CurrentVersion = "2.85.0";
}
