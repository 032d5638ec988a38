namespace Espresso.Cli.Processes;

/// <summary>When a process that ended by itself is started again, with back-off.</summary>
internal enum Restart
{
    /// <summary>Its end is a failure.</summary>
    Never,

    /// <summary>Once it has been ready: what never starts will not start the next time either, and whoever waits wants to know.</summary>
    OnceReady,

    /// <summary>Whenever it ends.</summary>
    Always,
}
