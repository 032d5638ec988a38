using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Minions.Batching;
using Espresso.Simulation.Engine;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Fleet;

/// <summary>A minion: the real queue, policy, cost table and forecast around a modelled device.</summary>
/// <remarks>
/// What <see cref="Batcher"/> does on threads happens here in events: an item comes, a batch is done, a wait is over. While every instance
/// is busy the next batch stands open in one bucket, as the accelerator's staging has it.
/// </remarks>
internal sealed class MinionNode : Actor
{
    private const int Came = 0;
    private const int BatchDone = 1;
    private const int WaitOver = 2;
    private const int Cancelled = 3;
    private const int ReportDue = 4;

    private readonly FleetOptions _options;
    private readonly VirtualTime _time;
    private readonly Network _network;
    private readonly IBatching _batching;
    private readonly IMinionDoor _door;
    private readonly Device _device;
    private readonly BatchQueue<Request> _queue;
    private readonly ArrivalForecast _arrivals = new();
    private readonly ArrivedMix _mix = new();
    private readonly List<BucketView> _views = [];
    private readonly List<Request> _expired = [];
    private readonly List<Request> _open = [];
    private readonly Stack<RunningBatch> _pool = new();
    private readonly RunningBatch?[] _onDevice;
    private readonly TimeSpan[] _busyUntil;
    private readonly TimeSpan[] _freeSince;
    private readonly List<int> _free = [];
    private int _openRows;
    private long _waits;
    private long _leases;
    private bool _stopped;
    private IReadOnlyList<CoordinatorNode> _joined = [];
    private List<(int What, object? With, long Tag)>? _missed;

    public MinionNode(int index, FleetOptions options, VirtualTime time, Network network, Random noise)
    {
        (Index, _options, _time, _network) = (index, options, time, network);
        (_batching, _door) = (options.Stack.Batching, options.Stack.Door(options));
        _device = new Device(options.Shapes, options.Noise, noise);
        Costs = new CostTable(options.MaxBatch);
        _queue = new BatchQueue<Request>(bucket => BatchPolicy.Marginal(bucket, Costs));
        foreach (var shape in options.Shapes.Classes)
            shape.AddTo(Costs);

        _onDevice = new RunningBatch?[options.Instances];
        _busyUntil = new TimeSpan[options.Instances];
        _freeSince = new TimeSpan[options.Instances];
        for (var i = 0; i < options.Instances; i++)
            _free.Add(i);
    }

    public int Index { get; }

    public CostTable Costs { get; }

    public int Pending { get; private set; }

    public int Running { get; private set; }

    public bool Dead { get; private set; }

    /// <summary>Device time spent in all.</summary>
    public TimeSpan Busy { get; private set; }

    public long Batches { get; private set; }

    public long Ran { get; private set; }

    public Device Device => _device;

    public void Send(Request request) => _time.At(_time.Now + _network.Draw(), this, Came, request);

    public void Cancel(Request request) => _time.At(_time.Now + _network.Draw(), this, Cancelled, request);

    /// <summary>Its process is killed: every call there breaks off.</summary>
    public void Kill()
    {
        Dead = true;
        Leave();
        var held = new List<Request>(_open);
        _queue.TakeAll(held);
        foreach (var batch in _onDevice)
            held.AddRange(batch?.Items ?? []);
        foreach (var request in held)
            Reply(request, Outcome.Broken);
    }

    /// <summary>As SIGSTOP and SIGCONT: nothing happens, and then all at once.</summary>
    public void Stop(bool stop)
    {
        _stopped = stop;
        var missed = _missed;
        _missed = null;
        if (!stop && missed is not null)
        {
            foreach (var (what, with, tag) in missed)
                On(what, with, tag);
        }
    }

    /// <summary>Opens its leases: from <paramref name="first"/> on it reports to every coordinator.</summary>
    public void Join(IReadOnlyList<CoordinatorNode> coordinators, TimeSpan first)
    {
        _joined = coordinators;
        _time.At(first, this, ReportDue, null, ++_leases);
    }

    /// <summary>It drains: nothing new is sent here, and what is here or on its way is finished.</summary>
    public void Leave()
    {
        _leases++;
        foreach (var coordinator in _joined)
            _time.At(_time.Now + _network.Draw(), coordinator, CoordinatorNode.LeaseBroke, null, Index);
        _joined = [];
    }

    /// <summary>What rides on every reply and on the lease.</summary>
    public LoadReport Load() => new(
        Pending, Running, Backlog().TotalMilliseconds, _options.Instances, (ulong)(_time.Now.Ticks / TimeSpan.TicksPerMicrosecond) + 1);

    /// <summary>The time until the device could take a new item.</summary>
    public TimeSpan Backlog()
    {
        _queue.View(_views);
        return BacklogForecast.Of(_views, Open(), _time.Now, _busyUntil, Costs);
    }

    /// <summary>As the batcher has it.</summary>
    public bool TooLate(Request request)
    {
        if (request.Deadline == TimeSpan.MaxValue || Pending == 0)
            return false;
        var left = request.Deadline - _time.Now;
        if (_open.Count > 0 && string.Equals(_open[0].Bucket, request.Bucket, StringComparison.Ordinal)
            && MostOpen(request.Bucket) is var most && _openRows + request.Rows <= most)
            return DeadlineRoom.ExcessInOpenBatch(Start() - _time.Now, request.Bucket, most, left, Costs) > TimeSpan.Zero;
        _queue.View(_views);
        var before = BacklogForecast.Of(_views, Open(), _time.Now, _busyUntil, Costs, _queue.ShareBefore(request));
        return DeadlineRoom.Excess(before, request.Bucket, request.Rows, left, Costs) > TimeSpan.Zero;
    }

    public override void On(int what, object? with, long tag)
    {
        if (Dead)
        {
            if (what == Came)
                Reply((Request)with!, Outcome.Broken);
            return;
        }

        if (_stopped)
        {
            (_missed ??= []).Add((what, with, tag));
            return;
        }

        switch (what)
        {
            case Came:
                Take((Request)with!);
                break;
            case BatchDone:
                Finish((RunningBatch)with!, (int)tag);
                break;
            case WaitOver when tag == _waits:
                Decide();
                break;
            case Cancelled:
                Drop((Request)with!);
                break;
            case ReportDue when tag == _leases:
                Report();
                break;
        }
    }

    private void Take(Request request)
    {
        if (!_door.Admits(Pending, request, this))
        {
            Reply(request, Outcome.Refused);
            return;
        }

        request.Enqueued = _time.Now;
        Pending++;
        _arrivals.Arrived(_time.Now);
        _mix.Arrived(request.Bucket, request.Rows);
        _queue.Add(request);
        if (_free.Count > 0)
            Decide();
        else if (_batching.Stages)
            Stage();
    }

    private void Decide()
    {
        _waits++; // what was waited for before is not waited for any more
        while (_free.Count > 0)
        {
            if (_batching.KnowsDeadlines)
                DropLate();
            View();
            var instance = _free[^1];
            var decision = _batching.Decide(_views, _time.Now, _free.Count, _freeSince[instance], _arrivals.Next(_time.Now), Costs);
            if (decision.Bucket is null)
            {
                if (decision.WaitUntil != TimeSpan.MaxValue)
                    _time.At(decision.WaitUntil, this, WaitOver, null, _waits);
                return;
            }

            _free.RemoveAt(_free.Count - 1);
            Start(decision, instance);
        }

        if (_batching.Stages)
            Stage();
    }

    private void Start(in BatchDecision decision, int instance)
    {
        var batch = _pool.TryPop(out var pooled) ? pooled : new RunningBatch();
        batch.Items.AddRange(_open);
        _open.Clear();
        var rows = _openRows;
        _openRows = 0;
        if (decision.Rows > rows)
            _queue.Take(decision.Bucket!, decision.Rows - rows, atLeastOne: rows == 0, batch.Items);
        rows = batch.Items.Count;
        Running += rows;
        _onDevice[instance] = batch;
        batch.Took = _device.Draw(batch.Items[0].Shape, rows);
        _busyUntil[instance] = _time.Now + Costs.Estimate(decision.Bucket!, rows);
        _time.At(_time.Now + batch.Took, this, BatchDone, batch, instance);
    }

    private void Finish(RunningBatch batch, int instance)
    {
        var items = batch.Items;
        Busy += batch.Took;
        Batches++;
        Ran += items.Count;
        Costs.Record(items[0].Bucket, items.Count, batch.Took);
        Running -= items.Count;
        foreach (var item in items)
        {
            Pending--;
            _door.Answered(_time.Now - item.Enqueued, Pending);
        }

        _arrivals.Answered(items.Count, _time.Now);
        _onDevice[instance] = null;
        _freeSince[instance] = _busyUntil[instance] = _time.Now;
        _free.Add(instance);
        Decide(); // the device goes on before the replies leave, and these tell of it
        var load = Load();
        foreach (var item in items)
            Reply(item, item.Deadline <= _time.Now ? Outcome.Expired : Outcome.Answered, load);
        items.Clear();
        _pool.Push(batch);
    }

    /// <summary>While every instance is busy: the next batch takes what comes, in one bucket.</summary>
    private void Stage()
    {
        if (_batching.KnowsDeadlines)
            DropHopeless(Start());
        if (_queue.Count == 0)
            return;
        if (_open.Count == 0)
            View();
        var bucket = _open.Count > 0 ? _open[0].Bucket : _batching.Decide(_views, _time.Now, 1, _time.Now, TimeSpan.MaxValue, Costs).Bucket!;
        while (_queue.First(bucket) is not null && _openRows < MostOpen(bucket))
        {
            _queue.Take(bucket, rows: 1, atLeastOne: true, _open);
            _openRows++; // a simulated request is one picture
        }
    }

    private TimeSpan Start() => _busyUntil.Min() is var first && first > _time.Now ? first : _time.Now;

    private int MostOpen(string bucket)
    {
        _queue.View(_views);
        var most = BatchPolicy.SizeFor(bucket, _openRows + BatchPolicy.RowsOf(bucket, _views), Costs);
        return _open.Count == 0 ? most : DeadlineRoom.Rows(bucket, most, Start(), _open.Min(static item => item.Deadline), _views, Costs);
    }

    private BucketView? Open() => _open.Count > 0 ? new BucketView(_open[0].Bucket, _openRows, default, default, default) : null;

    private void View()
    {
        _queue.View(_views);
        if (_open.Count == 0)
            return;
        var bucket = _open[0].Bucket;
        var rows = _openRows + BatchPolicy.RowsOf(bucket, _views);
        var first = _open.Min(UrgencyOrder.Instance)!;
        _views.Clear();
        _views.Add(new BucketView(bucket, rows, first.Priority, first.Deadline, first.Enqueued));
    }

    private void DropLate()
    {
        _expired.Clear();
        var now = _time.Now;
        _queue.TakeExpired(now, _expired);
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i].Deadline > now)
                continue;
            _expired.Add(_open[i]);
            _openRows -= _open[i].Rows;
            _open.RemoveAt(i);
        }

        Give();
        DropHopeless(now);
    }

    private void DropHopeless(TimeSpan start)
    {
        _expired.Clear();
        _queue.TakeHopeless(start, Costs, _open.Count > 0 ? _open[0].Bucket : null, _openRows, _expired);
        Give();
    }

    private void Give()
    {
        foreach (var item in _expired)
        {
            Pending--;
            Reply(item, Outcome.Expired);
        }
    }

    private void Drop(Request request)
    {
        if (_queue.Remove(request))
        {
            Pending--;
        }
        else if (_open.Remove(request))
        {
            _openRows -= request.Rows;
            Pending--;
        }
    }

    private void Report()
    {
        var lease = new LeaseReport(this, Load(), new CostModel(Costs.Measured(), _mix.Rows));
        foreach (var coordinator in _joined)
            _time.At(_time.Now + _network.Draw(), coordinator, CoordinatorNode.Reported, lease);
        _time.At(_time.Now + _options.ReportEvery, this, ReportDue, null, _leases);
    }

    private void Reply(Request request, Outcome outcome) => Reply(request, outcome, Dead ? default : Load());

    private void Reply(Request request, Outcome outcome, in LoadReport load)
    {
        request.Load = load;
        _time.At(_time.Now + _network.Draw(), request.Coordinator, CoordinatorNode.CameBack, request, (long)outcome);
    }

    private sealed class RunningBatch
    {
        public List<Request> Items { get; } = [];

        public TimeSpan Took { get; set; }
    }
}
