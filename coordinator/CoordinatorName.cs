namespace Espresso.Coordinator;

internal static class CoordinatorName
{
    /// <summary>Of this process's life, among the coordinators of a mesh.</summary>
    public static string Own { get; } = $"{Environment.MachineName}-{Environment.ProcessId}";
}
