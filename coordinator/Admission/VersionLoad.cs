namespace Espresso.Coordinator.Admission;

/// <summary>What is known of a model version's room and backlog, kept as reports and requests come: a look costs the same at 2 replicas and at 2,000.</summary>
/// <remarks>
/// The backlog is what the replicas reported, worked off since, and what holds a slot of this coordinator's and is in no report yet, at the
/// marginal cost of a busy device. Reported work of ours that should be done by now and still holds its slot counts as unreported: a
/// replica that stands still does not become free by being silent.
/// </remarks>
internal sealed class VersionLoad(TimeProvider time, TenantWeights weights)
{
    /// <summary>The last sixteenth of the slots is for callers below their share, as long as there are several.</summary>
    private const int KeptShare = 16;

    private const double DoubtAgainMs = 10_000;

    private readonly Lock _gate = new();
    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly DrainingWork _reported = new();
    private readonly FlowShares _flows = new(weights);
    private Totals _totals;
    private int _reserved;
    private double _doubtMs;
    private double _demandMs;

    /// <summary>Requests of this coordinator that hold a slot.</summary>
    public int Reserved => Volatile.Read(ref _reserved);

    /// <summary>Until all that waits now would be done.</summary>
    public TimeSpan Backlog
    {
        get
        {
            lock (_gate)
                return TimeSpan.FromMilliseconds(BacklogMs());
        }
    }

    /// <summary>Time of a replica that runs have taken since the start, refused ones too: it grows by a second a second for each replica that they would keep busy.</summary>
    public TimeSpan Demand
    {
        get
        {
            lock (_gate)
                return TimeSpan.FromMilliseconds(_demandMs);
        }
    }

    /// <summary>A run that begins, or one that is refused. Who shares another's asks for nothing.</summary>
    public void Ask()
    {
        lock (_gate)
            _demandMs += _totals.ReplicaMs;
    }

    /// <summary>A replica takes work from now on.</summary>
    public void Join(string replica, ReplicaPart part)
    {
        lock (_gate)
        {
            _members.TryAdd(replica, new Member());
            Set(_members[replica], part);
        }
    }

    /// <summary>Its newest word; that of one which takes no work counts for nothing.</summary>
    public void Report(string replica, ReplicaPart part)
    {
        lock (_gate)
        {
            if (_members.TryGetValue(replica, out var member))
                Set(member, part);
        }
    }

    /// <summary>A replica that takes no new work.</summary>
    public void Leave(string replica)
    {
        lock (_gate)
        {
            if (!_members.Remove(replica, out var member))
                return;
            _totals -= member.Totals;
            _reported.Remove(member.Work, NowMs);
        }
    }

    /// <summary>What one more request of the caller's would meet here now.</summary>
    public Outlook Look(Caller caller)
    {
        lock (_gate)
        {
            var flow = _flows.Seen(caller, NowMs);
            var free = (int)Math.Clamp(_totals.Slots - _reserved, int.MinValue, int.MaxValue);
            var kept = (_totals.Slots + KeptShare - 1) / KeptShare;
            // A share of less than one slot is one: else a version with few slots keeps the last one from everybody.
            var isAboveShare = free <= kept && flow.Reserved + 1 > Math.Max(1, _totals.Slots * flow.Weight / _flows.PresentWeight);
            var backlog = BacklogMs();
            return new Outlook(flow, free, isAboveShare, FairMs(flow, backlog), _totals.SingleMs, OwnMs(backlog), SlotMs(free), _reserved == 0 && backlog <= 0);
        }
    }

    /// <summary>Takes a slot for the flow; <see cref="Look"/> has found it.</summary>
    public void Reserve(Flow flow)
    {
        lock (_gate)
        {
            _reserved++;
            _flows.Reserve(flow);
        }
    }

    public void Release(Flow flow)
    {
        lock (_gate)
        {
            _reserved--;
            _flows.Release(flow);
        }
    }

    /// <summary>True once in ten seconds: a request may be let in that is forecast to be late, to see whether it is.</summary>
    public bool MayDoubt()
    {
        lock (_gate)
        {
            if (NowMs < _doubtMs)
                return false;
            _doubtMs = NowMs + DoubtAgainMs;
            return true;
        }
    }

    private void Set(Member member, ReplicaPart part)
    {
        _totals -= member.Totals;
        member.Totals = Totals.Of(part);
        _totals += member.Totals;
        member.Work = _reported.Replace(member.Work, NowMs, double.IsFinite(part.BacklogMs) ? part.BacklogMs : 0, part.Instances, part.OwnPending);
    }

    private double NowMs => time.GetElapsedTime(_origin).TotalMilliseconds;

    private double BacklogMs()
    {
        if (_totals.Instances == 0)
            return 0;
        var now = NowMs;
        var unreported = Math.Max(0, _reserved - _reported.ItemsAt(now));
        return (_reported.WorkAt(now) + (unreported * _totals.MarginalMs)) / _totals.Instances;
    }

    /// <summary>
    /// The minions serve callers by weight: one that has less than its share of what waits is served before the rest, after no more than
    /// the batch that runs.
    /// </summary>
    private double FairMs(Flow flow, double backlogMs)
    {
        if (_reserved == 0)
            return backlogMs;
        var active = _flows.ActiveWeight + (flow.Reserved == 0 ? flow.Weight : 0);
        var fair = backlogMs * flow.Reserved / _reserved * active / flow.Weight;
        return Math.Min(backlogMs, fair + _totals.BatchMs);
    }

    /// <summary>The batch that it would run in: alone on an idle device, in a full one behind a queue.</summary>
    private double OwnMs(double backlogMs)
    {
        if (_totals.MarginalMs <= 0 || _totals.BatchSize <= 1)
            return _totals.SingleMs;
        var full = Math.Min(1, backlogMs / _totals.MarginalMs / (_totals.BatchSize - 1));
        return _totals.SingleMs + (full * Math.Max(0, _totals.BatchMs - _totals.SingleMs));
    }

    /// <summary>Until a slot comes free: slots come free a batch at a time.</summary>
    private double? SlotMs(int free) =>
        _totals.MarginalMs > 0 ? Math.Max(_totals.BatchMs, (1 - free) * _totals.MarginalMs / _totals.Instances) : null;

    private sealed class Member
    {
        public Totals Totals { get; set; }

        public DrainingWork.Part? Work { get; set; }
    }

    /// <summary>Sums over replicas.</summary>
    /// <param name="Slots">That this coordinator may fill: what the replicas hold less what others have there.</param>
    /// <param name="Measured">Replicas whose costs are known.</param>
    /// <param name="Rate">Items a device millisecond, of all of these together.</param>
    private readonly record struct Totals(
        long Slots, int Instances, int Measured, int MeasuredInstances, double Rate, double SingleSum, double BatchSum, double SizeSum)
    {
        public double MarginalMs => Measured == 0 ? 0 : MeasuredInstances / Rate;

        /// <summary>What an item takes of a busy replica, all its instances together.</summary>
        public double ReplicaMs => Measured == 0 ? 0 : Measured / Rate;

        public double SingleMs => Measured == 0 ? 0 : SingleSum / Measured;

        public double BatchMs => Measured == 0 ? 0 : BatchSum / Measured;

        public double BatchSize => Measured == 0 ? 0 : SizeSum / Measured;

        public static Totals Of(ReplicaPart part)
        {
            var slots = (long)part.MaxPending - part.ForeignPending;
            var costs = part.Costs;
            return costs.MarginalMs <= 0
                ? new(slots, part.Instances, 0, 0, 0, 0, 0, 0)
                : new(slots, part.Instances, 1, part.Instances, part.Instances / costs.MarginalMs, costs.SingleMs, costs.BatchMs, costs.BatchSize);
        }

        public static Totals operator +(Totals a, Totals b) => new(
            a.Slots + b.Slots, a.Instances + b.Instances, a.Measured + b.Measured, a.MeasuredInstances + b.MeasuredInstances,
            a.Rate + b.Rate, a.SingleSum + b.SingleSum, a.BatchSum + b.BatchSum, a.SizeSum + b.SizeSum);

        public static Totals operator -(Totals a, Totals b) => new(
            a.Slots - b.Slots, a.Instances - b.Instances, a.Measured - b.Measured, a.MeasuredInstances - b.MeasuredInstances,
            a.Rate - b.Rate, a.SingleSum - b.SingleSum, a.BatchSum - b.BatchSum, a.SizeSum - b.SizeSum);
    }
}

/// <summary>What a request would meet at one model version.</summary>
/// <param name="Free">Slots; none: the version is full.</param>
/// <param name="IsAboveShare">The version is nearly full, and the caller has its share of it.</param>
/// <param name="BacklogMs">Before it would start.</param>
/// <param name="SingleMs">A batch of its own.</param>
/// <param name="OwnMs">The batch that it would run in.</param>
/// <param name="SlotMs">Until there is a slot, where there is none; null: no cost is known.</param>
/// <param name="IsIdle">Nothing is known to wait or run there.</param>
internal readonly record struct Outlook(Flow Flow, int Free, bool IsAboveShare, double BacklogMs, double SingleMs, double OwnMs, double? SlotMs, bool IsIdle)
{
    /// <summary>A run that has a slot already is this one's, too.</summary>
    public bool Joins { get; init; }

    /// <summary>The same for a step that joins a run: that has its place, and its deadline, which comes first.</summary>
    public Outlook Joined => this with { Joins = true, Free = 1, IsAboveShare = false, BacklogMs = 0, OwnMs = SingleMs };
}
