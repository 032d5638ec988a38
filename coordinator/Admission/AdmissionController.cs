using System.Diagnostics.CodeAnalysis;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;

namespace Espresso.Coordinator.Admission;

/// <summary>A slot on every model version of the plan, or none and a refusal, before a byte is decoded.</summary>
/// <remarks>
/// The cap of a version is static: the pending items its live replicas hold (<c>serving.max_pending</c> of each). Against it count the
/// slots reserved here and what others were last reported to have pending there; so several coordinators share a minion, each knowing
/// the others' part with a report's delay. A minion that is full all the same refuses by itself.
/// </remarks>
internal sealed class AdmissionController(CoordinatorOptions options, CoordinatorMetrics metrics)
{
    private readonly Lock _gate = new();

    public bool TryAdmit(Plan plan, [NotNullWhen(true)] out Reservation? reservation, [NotNullWhen(false)] out Failure? refusal)
    {
        lock (_gate)
        {
            var full = plan.Steps.Where(step => CapacityLeft(step.Version) <= 0).Select(step => step.Version).ToList();
            if (full.Count == 0)
            {
                reservation = new Reservation(plan);
                refusal = null;
                return true;
            }

            reservation = null;
            refusal = Refuse(full);
        }

        return false;
    }

    private static int CapacityLeft(ServedVersion version)
    {
        var left = -version.Slots.Reserved;
        foreach (var replica in version.Live)
            left += replica.MaxPending - replica.ForeignPending;
        return left;
    }

    private Failure Refuse(List<ServedVersion> full)
    {
        foreach (var version in full)
            metrics.Rejected(Reasons.QueueFull, version.Key);
        // Below the reports' interval nothing newer can be known here.
        var wait = TimeSpan.FromMilliseconds(Math.Max(full.Max(BacklogMs), options.LeaseReportMs));
        return Failure.Overloaded(
            Reasons.QueueFull,
            $"full: {string.Join(", ", full.Select(version => $"{version.Key} with {version.Slots.Reserved} requests pending"))}",
            wait);
    }

    /// <summary>The time until the first replica has worked off what it holds now.</summary>
    private static double BacklogMs(ServedVersion version) =>
        version.Live.Select(replica => replica.Load.BacklogMs).Where(double.IsFinite).DefaultIfEmpty().Min();
}
