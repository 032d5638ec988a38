namespace Espresso.Coordinator.Registry;

internal static class MonotonicTime
{
    /// <summary>The clock of loads and forecasts: since an origin that is the same for all callers, and never set back.</summary>
    public static TimeSpan Uptime(this TimeProvider time) => time.GetElapsedTime(0);
}
