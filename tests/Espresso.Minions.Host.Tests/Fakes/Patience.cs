namespace Espresso.Minions.Tests.Fakes;

internal static class Patience
{
    /// <summary>What a test gives an event that must come; reached only when it does not.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>For what comes without an event of its own.</summary>
    public static void Until(Func<bool> holds) => SpinWait.SpinUntil(holds, Limit).ShouldBeTrue();
}
