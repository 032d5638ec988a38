namespace Espresso.Cli.Processes;

/// <summary>How long to wait before a process that ended by itself is started again: twice as long each time, up to a limit.</summary>
/// <remarks>A process that lived for <see cref="HealthyAfter"/> has proved itself: its next fall counts as the first.</remarks>
internal sealed class RestartPolicy
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Last = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(30);

    private TimeSpan _next = First;

    /// <param name="lived">From start to end of the run that is over.</param>
    public TimeSpan After(TimeSpan lived)
    {
        if (lived >= HealthyAfter)
            _next = First;
        var wait = _next;
        _next = _next * 2 < Last ? _next * 2 : Last;
        return wait;
    }
}
