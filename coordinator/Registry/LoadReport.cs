using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Registry;

/// <summary>The part of a replica's load that changes with every item.</summary>
/// <param name="Pending">Accepted and not finished, by whomever they were sent.</param>
/// <param name="Running">Of these, on the device.</param>
/// <param name="BacklogMs">Time until the device could take a new item.</param>
/// <param name="Instances">Devices, or workers, that share the work.</param>
/// <param name="AtMicroseconds">On the replica's own clock; of two reports the later one counts, in whatever order they come. 0: it does not say.</param>
/// <param name="Finished">Items that were run, for whomever, with or without success; a reply's report does not say it and has 0.</param>
internal readonly record struct LoadReport(int Pending, int Running, double BacklogMs, int Instances = 1, ulong AtMicroseconds = 0, ulong Finished = 0)
{
    /// <summary>Nobody's backlog is believed to be longer.</summary>
    private const double LongestBacklogMs = 3_600_000;

    public static LoadReport Of(Load load) => new(
        (int)Math.Min(load.Pending, int.MaxValue),
        (int)Math.Min(load.Running, int.MaxValue),
        load.BacklogMs is > 0 and var backlog ? Math.Min(backlog, LongestBacklogMs) : 0,
        (int)Math.Clamp(load.Instances, 1, 4096),
        load.AtUs,
        load.Done + load.Failed); // what was dropped has only waited: a device that hangs drops, too
}
