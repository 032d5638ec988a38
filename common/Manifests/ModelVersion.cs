using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Espresso.Manifests;

/// <summary>major.minor: a new minor may change weights or code, never the contract; a contract change needs a new major.</summary>
public readonly record struct ModelVersion(int Major, int Minor) : IComparable<ModelVersion>
{
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelVersion version)
    {
        version = default;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0
            || !int.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
            return false;
        version = new ModelVersion(major, minor);
        return string.Equals(version.ToString(), text, StringComparison.Ordinal); // 1.0 and 01.00 are not two names of one thing
    }

    public int CompareTo(ModelVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    public static bool operator <(ModelVersion left, ModelVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ModelVersion left, ModelVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ModelVersion left, ModelVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ModelVersion left, ModelVersion right) => left.CompareTo(right) >= 0;
}
