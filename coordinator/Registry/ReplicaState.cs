using Espresso.Coordinator.Routing;

namespace Espresso.Coordinator.Registry;

/// <summary>All that is known of one replica without a channel to it: what it reported, and what was sent from here since.</summary>
/// <remarks>
/// Its device is followed as a queue: when it will be free, and the batch that forms until then. A report sets both, a call from here moves
/// them on at once, time works them off. Every method is O(1). Times are since some origin that all callers share (<see cref="MonotonicTime"/>).
/// </remarks>
internal sealed class ReplicaState(string id, int maxPending = int.MaxValue, TimeSpan? staleAfter = null)
{
    /// <summary>Three reports of half a second missed.</summary>
    private static readonly TimeSpan DefaultStaleAfter = TimeSpan.FromMilliseconds(1500);

    /// <summary>An item where no costs are known. Only its being the same for all matters: they are compared with each other.</summary>
    private const double NominalMs = 10;

    /// <summary>Silence is not told from a hiccup sooner.</summary>
    private static readonly TimeSpan ShortestSilence = TimeSpan.FromMilliseconds(300);

    /// <summary>A device that is there gives an answer a batch; so many without one are silence.</summary>
    private const int SilentBatches = 4;

    private readonly Lock _gate = new();
    private readonly TimeSpan _staleAfter = staleAfter ?? DefaultStaleAfter;
    private volatile CostModel _costs = CostModel.None;
    private LoadReport _report = new(0, 0, 0);
    private TimeSpan? _reportedAt;
    private int _inFlight;
    private int _peak;
    private int _foreign;
    private ulong _finished;
    private bool _retired;
    private TimeSpan _freeAt;
    private TimeSpan _formsUntil;
    private int _formRows;
    private string? _formBucket;
    private TimeSpan _quietSince;
    private ReplicaHealth _health;

    public string Id => id;

    /// <summary>Items it holds at the most before it refuses.</summary>
    public int MaxPending => maxPending;

    /// <summary>The last cost table that it reported.</summary>
    public CostModel Costs
    {
        get => _costs;
        set => _costs = value;
    }

    /// <summary>The newest report, be it of the lease or of a reply.</summary>
    public LoadReport Reported
    {
        get
        {
            lock (_gate)
                return _report;
        }
    }

    /// <summary>It may be called.</summary>
    public bool IsOpen => !Volatile.Read(ref _retired);

    /// <summary>live, ejected or trial.</summary>
    public string Health
    {
        get
        {
            lock (_gate)
                return _health.Word;
        }
    }

    /// <summary>Items from here that are not answered.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>What others had pending there at the last report: other coordinators, direct callers.</summary>
    public int ForeignPending => Volatile.Read(ref _foreign);

    /// <summary>Accepted and unfinished work there, as well as it can be known here.</summary>
    /// <remarks>
    /// Own calls are counted at once, without waiting for a report. A report tells of a moment ago, so only what exceeds the most that ran from
    /// here since the report before is surely others' work: rather too little than a phantom that refuses requests until the next report.
    /// </remarks>
    public int Pending => InFlight + ForeignPending;

    /// <summary>A new report; one that is older than the last is passed over.</summary>
    /// <returns>True: it was new.</returns>
    public bool Report(in LoadReport report, TimeSpan now)
    {
        lock (_gate)
        {
            if (report.AtMicroseconds < _report.AtMicroseconds)
                return false;
            if (report.Finished > _finished)
                (_finished, _quietSince) = (report.Finished, Later(_quietSince, now));
            _report = report;
            _reportedAt = now;
            _foreign = Math.Max(0, report.Pending - _peak);
            _peak = _inFlight;
            Follow(report, now);
            return true;
        }
    }

    /// <summary>Counts an item in; false once the replica is retired. Every success is followed by one <see cref="Exit"/>.</summary>
    /// <param name="bucket">Null: the one that this replica has.</param>
    public bool TryEnter(string? bucket, int rows, TimeSpan now)
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            if (_inFlight == 0)
                _quietSince = Later(_quietSince, now);
            _health.Entered(now);
            _inFlight += rows;
            _peak = Math.Max(_peak, _inFlight);
            if (Joins(bucket, rows, now))
            {
                _freeAt += Batch(bucket, _formRows + rows, Instances) - Batch(bucket, _formRows, Instances);
                _formRows += rows;
            }
            else
            {
                _formsUntil = Later(_freeAt, now);
                _freeAt = _formsUntil + Batch(bucket, rows, Instances);
                (_formBucket, _formRows) = (bucket, rows);
            }

            return true;
        }
    }

    /// <summary>It may be called, and is not ejected or may be tried again.</summary>
    public bool Takes(TimeSpan now)
    {
        lock (_gate)
            return !_retired && _health.Takes(now);
    }

    /// <summary>What a call told of the replica; comes before its <see cref="Exit"/>.</summary>
    /// <returns>True: it has failed so often in a row that it should be ejected, unless it is the last one.</returns>
    public bool Ended(CallEnd end, TimeSpan now)
    {
        lock (_gate)
        {
            if (end is CallEnd.Answered or CallEnd.Refused)
                _quietSince = Later(_quietSince, now);
            return _health.Ended(end, now);
        }
    }

    /// <summary>No calls for a while; the time grows from ejection to ejection.</summary>
    public void Eject(TimeSpan now)
    {
        lock (_gate)
            _health.Eject(now);
    }

    /// <summary>When a replica with unanswered calls will have been silent for longer than any work there takes.</summary>
    /// <remarks>
    /// A device gives an answer, to whomever, once a batch; and the process reports. Neither the one for several batches, nor either for the
    /// staleness bound, and it has stopped, whatever it said last. Where no costs are known only the latter tells. Answers to others are seen
    /// as the reports' counts only, so where others' work is pending, what waits there is granted its time as well.
    /// </remarks>
    /// <param name="most">What a call can afford to wait: shortens the patience, but not below two batches behind others' work.</param>
    public TimeSpan SilentAt(TimeSpan most)
    {
        lock (_gate)
        {
            var unheard = Later(_quietSince, _reportedAt ?? _quietSince) + _staleAfter;
            if (_costs.IsEmpty)
                return unheard;
            var batch = TimeSpan.FromMilliseconds(_costs.LongestBatch);
            var ahead = TimeSpan.FromMilliseconds(_foreign > 0 ? _report.BacklogMs : 0);
            var patience = Later(SilentBatches * batch, ShortestSilence) + ahead;
            if (most < patience)
                patience = Later(most, (2 * batch) + ahead);
            return unheard < _quietSince + patience ? unheard : _quietSince + patience;
        }
    }

    /// <returns>True: it is retired and this was the last.</returns>
    public bool Exit(int rows)
    {
        lock (_gate)
        {
            _inFlight -= rows;
            return _retired && _inFlight == 0;
        }
    }

    /// <summary>No new calls from now on.</summary>
    /// <returns>True: nothing is in flight, and it was not retired before.</returns>
    public bool Retire()
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            _retired = true;
            return _inFlight == 0;
        }
    }

    /// <summary>How long from now until items that are sent now would be done.</summary>
    /// <remarks>
    /// Never less than what the unanswered calls from here still need, and after a silence of the staleness bound as much longer as
    /// the silence: a replica that has stopped looks busier with time, not idle.
    /// </remarks>
    public TimeSpan ForecastFinish(string? bucket, int rows, TimeSpan now)
    {
        lock (_gate)
            return Forecast(bucket, rows, now);
    }

    /// <summary>Items that would share the next batch of <paramref name="bucket"/>, and still leave room in it; 0 where there is none.</summary>
    public int RowsToJoin(string? bucket, TimeSpan now)
    {
        lock (_gate)
            return Joins(bucket, 1, now) ? _formRows : 0;
    }

    private int Instances => _report.Instances;

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private TimeSpan Forecast(string? bucket, int rows, TimeSpan now)
    {
        if (_costs.IsEmpty)
            return TimeSpan.FromMilliseconds(NominalMs * (_inFlight + _foreign + rows) / Instances) + Silence(now);
        var joins = Joins(bucket, rows, now);
        var wait = (joins ? _formsUntil : Later(_freeAt, now)) - now;
        return Later(wait, Unanswered(bucket)) + Batch(bucket, joins ? _formRows + rows : rows, instances: 1) + Silence(now);
    }

    private TimeSpan Batch(string? bucket, int rows, int instances) => TimeSpan.FromMilliseconds(_costs.Estimate(bucket, rows) / instances);

    private bool Joins(string? bucket, int rows, TimeSpan now) =>
        _formRows > 0 && now < _formsUntil && _formRows + rows <= _costs.BestSize(bucket) && string.Equals(_formBucket, bucket, StringComparison.Ordinal);

    /// <summary>Items from here that cannot be on the device yet, however the reports read.</summary>
    private TimeSpan Unanswered(string? bucket)
    {
        var waiting = _inFlight - (Instances * _costs.BestSize(bucket));
        return waiting > 0 ? TimeSpan.FromMilliseconds(waiting * _costs.Marginal(bucket) / Instances) : TimeSpan.Zero;
    }

    private TimeSpan Silence(TimeSpan now) => _reportedAt is { } at && now - at > _staleAfter ? now - at : TimeSpan.Zero;

    /// <summary>What waits without filling a batch is the batch that forms; of which bucket, only a replica of one bucket tells.</summary>
    private void Follow(in LoadReport report, TimeSpan now)
    {
        _freeAt = now + TimeSpan.FromMilliseconds(report.BacklogMs);
        _formRows = Math.Max(0, report.Pending - report.Running) % _costs.BestSize(_formBucket);
        _formsUntil = _formRows > 0 ? _freeAt - Batch(_formBucket, _formRows, Instances) : now;
    }
}
