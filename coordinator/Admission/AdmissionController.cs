using System.Diagnostics.CodeAnalysis;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Sharing;
using Espresso.Errors;

namespace Espresso.Coordinator.Admission;

/// <summary>A slot on every model version of the plan, or none and a refusal, before a byte is decoded.</summary>
/// <remarks>
/// 1. The cap of a version is static: the pending items its live replicas hold (<c>serving.max_pending</c> of each), of which the slots
/// reserved here and what others have there are taken. 2. Where it is nearly full, a caller that has its share of the slots is refused
/// first. 3. What cannot be done within what is left of the deadline, as far as measured costs and backlogs tell, is refused now rather
/// than dropped later. What only the minion can know, its own queue now and the picture's shape, it goes by itself: it refuses what would be
/// late there. 4. Who is refused, and has a picture whose run has a slot already, shares that one.
/// </remarks>
internal sealed class AdmissionController(CoordinatorOptions options, LearnedCosts costs, CoordinatorMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// Of the time that is left, what the forecast may fill. The minion doubts a forecast by a tenth (<c>DeadlineRoom</c>), and the picture is decoded
    /// before; where the door left less room than that, what it lets in would be refused there, after its decode.
    /// </summary>
    private const double Usable = 0.88;

    /// <summary>An idle version is asked, now and then, in spite of a forecast that is this much too long: only a batch that runs corrects its cost table.</summary>
    private const double Doubt = 2;

    private readonly Lock _gate = new();
    private readonly HeldRuns _held = new();

    /// <param name="left">Of the request's deadline.</param>
    /// <param name="sharing">The request, where its runs may be those of others, and theirs its own; null: all that it runs is its own.</param>
    public bool TryAdmit(
        Plan plan, TimeSpan left, Caller caller, [NotNullWhen(true)] out Reservation? reservation, [NotNullWhen(false)] out Failure? refusal,
        InferenceRequest? sharing = null)
    {
        var outlooks = new Outlook[plan.Steps.Length];
        if (TryReserve(plan, left, caller, outlooks, [], out reservation, out refusal))
        {
            if (sharing is not null)
                reservation.Share(RunIdentity.OfAll(plan, sharing), DeadlineIn(left));
            return true;
        }

        if (sharing is not null && _held.HasLength(sharing.Image.Length))
        {
            var (runs, deadline) = (RunIdentity.OfAll(plan, sharing), DeadlineIn(left));
            bool[] joins = [.. runs.Select(run => _held.CanJoin(run, deadline))];
            if (joins.Contains(true) && TryReserve(plan, left, caller, outlooks, joins, out reservation, out refusal))
            {
                reservation.Share(runs, deadline);
                return true;
            }
        }

        for (var i = 0; i < outlooks.Length; i++)
        {
            if (refusal.Reason == Reasons.DeadlineUnmeetable || outlooks[i].Free <= 0 || outlooks[i].IsAboveShare)
                metrics.Rejected(refusal.Reason, plan.Steps[i].Key, caller.ClassName);
        }

        return false;
    }

    /// <param name="joins">By step: whether it joins a run; empty: none does.</param>
    private bool TryReserve(
        Plan plan, TimeSpan left, Caller caller, Outlook[] outlooks, bool[] joins,
        [NotNullWhen(true)] out Reservation? reservation, [NotNullWhen(false)] out Failure? refusal)
    {
        lock (_gate)
        {
            for (var i = 0; i < outlooks.Length; i++)
            {
                outlooks[i] = plan.Steps[i].Version.Load.Look(caller);
                if (i < joins.Length && joins[i])
                    outlooks[i] = outlooks[i].Joined;
            }

            refusal = Full(plan, outlooks, caller) ?? Late(plan, outlooks, left.TotalMilliseconds * Usable);
            reservation = refusal is null ? new Reservation(plan, outlooks, _held) : null;
            return reservation is not null;
        }
    }

    private TimeSpan DeadlineIn(TimeSpan left) => time.Uptime() + left;

    /// <summary>1. and 2. Where no cost is known, nothing newer can be known before the next report.</summary>
    private Failure? Full(Plan plan, Outlook[] outlooks, Caller caller)
    {
        var (full, above, waitMs) = (new List<string>(), new List<string>(), 0.0);
        for (var i = 0; i < outlooks.Length; i++)
        {
            if (outlooks[i].Free > 0 && !outlooks[i].IsAboveShare)
                continue;
            (outlooks[i].Free <= 0 ? full : above).Add($"{plan.Steps[i].Key} with {plan.Steps[i].Version.Load.Reserved} requests pending");
            waitMs = Math.Max(waitMs, outlooks[i].SlotMs ?? Math.Max(outlooks[i].BacklogMs, options.LeaseReportMs));
        }

        return full.Count > 0 ? Refusal(Reasons.QueueFull, $"full: {string.Join(", ", full)}", waitMs)
            : above.Count > 0 ? Refusal(
                Reasons.Quota, $"nearly full, and tenant '{caller.Tenant}' ({caller.ClassName}) has its share: {string.Join(", ", above)}", waitMs)
            : null;
    }

    /// <summary>
    /// 3. A step starts when its version has worked off its backlog and its inputs are there, whichever is later: the picture decoded, the steps
    /// that it needs done.
    /// </summary>
    private Failure? Late(Plan plan, Outlook[] outlooks, double leftMs)
    {
        var (loaded, bare, slowest, idle) = (new double[outlooks.Length], new double[outlooks.Length], 0, true);
        var (finish, alone, decoded) = (0.0, 0.0, costs.Decode.LeastMs);
        for (var i = 0; i < outlooks.Length; i++)
        {
            var (start, bareStart) = (Math.Max(outlooks[i].BacklogMs, decoded), decoded);
            foreach (var input in plan.Steps[i].Inputs)
            {
                if (input is not ProvidedInput provided)
                    continue;
                start = Math.Max(start, loaded[provided.Step]);
                bareStart = Math.Max(bareStart, bare[provided.Step]);
            }

            // Those behind it join its batch, but to no more than half of what is left: the minions hold to that, too.
            var own = Math.Min(outlooks[i].OwnMs, Math.Max(outlooks[i].SingleMs, leftMs / 2));
            var encode = plan.Steps[i].Requested ? costs.Encode(plan.Steps[i].Key).LeastMs : 0;
            loaded[i] = start + own;
            bare[i] = bareStart + outlooks[i].SingleMs;
            finish = Math.Max(finish, loaded[i] + encode);
            alone = Math.Max(alone, bare[i] + encode);
            idle &= outlooks[i].IsIdle;
            slowest = outlooks[i].SingleMs > outlooks[slowest].SingleMs ? i : slowest;
        }

        if (finish <= leftMs || (idle && finish <= leftMs * Doubt && plan.Steps[slowest].Version.Load.MayDoubt()))
            return null;
        return alone > leftMs
            ? Refusal(Reasons.DeadlineUnmeetable, $"it takes {alone:0} ms where nothing waits, and {leftMs:0} ms are left for it", Math.Max(finish - alone, options.LeaseReportMs))
            : Refusal(Reasons.DeadlineUnmeetable, $"it would be done in {finish:0} ms, and {leftMs:0} ms are left for it", finish - leftMs);
    }

    private static Failure Refusal(string reason, string message, double waitMs) =>
        Failure.Overloaded(reason, message, TimeSpan.FromMilliseconds(waitMs));
}
