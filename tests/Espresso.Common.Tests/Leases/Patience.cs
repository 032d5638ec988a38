namespace Espresso.Common.Tests.Leases;

internal static class Patience
{
    /// <summary>What a test gives an event that must come; reached only when it does not.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
