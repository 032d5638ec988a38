namespace Espresso.TestKit;

/// <summary>What a test gives an event that must come; reached only when it does not.</summary>
public static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>For what comes without an event of its own.</summary>
    public static void Until(Func<bool> holds)
    {
        if (!SpinWait.SpinUntil(holds, Limit))
            throw new TimeoutException($"it did not come to hold within {Limit.TotalSeconds} s");
    }
}
