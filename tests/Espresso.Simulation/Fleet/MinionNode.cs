using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Minions.Batching;
using Espresso.Simulation.Engine;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Fleet;

/// <summary>A minion: the real schedule and cost table around a modelled device.</summary>
/// <remarks>
/// What <see cref="Batcher"/> does on threads happens here in events, by the same schedule: an item comes, a batch is done, a wait is over.
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
    private readonly BatchSchedule<Request, RunningBatch> _schedule;
    private readonly List<Request> _expired = [];
    private readonly RunningBatch?[] _onDevice;
    private readonly TimeSpan[] _freeSince;
    private readonly List<int> _free = [];
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
        _schedule = new BatchSchedule<Request, RunningBatch>(Costs, options.Instances, _batching.Decide);
        foreach (var shape in options.Shapes.Classes)
            shape.AddTo(Costs);

        _onDevice = new RunningBatch?[options.Instances];
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
        var held = new List<Request>(_schedule.Open?.Items ?? []);
        _schedule.TakeAll(held);
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
        Pending, Running, Backlog().TotalMilliseconds, _options.Instances, (ulong)(_time.Now.Ticks / TimeSpan.TicksPerMicrosecond) + 1, (ulong)Ran);

    /// <summary>The time until the device could take a new item.</summary>
    public TimeSpan Backlog() => _schedule.Backlog(_time.Now);

    /// <summary>As the batcher has it.</summary>
    public bool TooLate(Request request) => Pending > 0 && _schedule.Excess(request, _time.Now) > TimeSpan.Zero;

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

        Pending++;
        _schedule.Add(request, _time.Now);
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
            var instance = _free[^1];
            var decision = _schedule.Decide(_time.Now, _free.Count, _freeSince[instance]);
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
        var batch = _schedule.Open is { Rows: > 0 } open ? open : new RunningBatch(decision.Bucket!);
        _schedule.Open = null;
        _schedule.Fill(batch, decision.Rows, _time.Now);
        Running += batch.Rows;
        _onDevice[instance] = batch;
        batch.Took = _device.Draw(batch.Items[0].Shape, batch.Rows);
        _schedule.Started(instance, batch, _time.Now);
        _time.At(_time.Now + batch.Took, this, BatchDone, batch, instance);
    }

    private void Finish(RunningBatch batch, int instance)
    {
        Busy += batch.Took;
        Batches++;
        Ran += batch.Rows;
        Costs.Record(batch.Bucket, batch.Rows, batch.Took);
        Running -= batch.Rows;
        foreach (var item in batch.Items)
        {
            Pending--;
            _door.Answered(_time.Now - item.Enqueued, Pending);
        }

        _schedule.Answered(batch.Rows, _time.Now);
        _schedule.Freed(instance, _time.Now);
        _onDevice[instance] = null;
        _freeSince[instance] = _time.Now;
        _free.Add(instance);
        Decide(); // the device goes on before the replies leave, and these tell of it
        var load = Load();
        foreach (var item in batch.Items)
            Reply(item, item.Deadline <= _time.Now ? Outcome.Expired : Outcome.Answered, load);
    }

    /// <summary>While every instance is busy: the next batch takes what comes, in one bucket.</summary>
    private void Stage()
    {
        if (_batching.KnowsDeadlines)
            DropHopeless(_schedule.NextStart(_time.Now));
        if (_schedule.Waiting == 0)
            return;
        if (_schedule.Open is not { Rows: > 0 })
            _schedule.Open = new RunningBatch(_schedule.NextBucket(_time.Now));
        while (_schedule.Stage(_time.Now) is not null)
        {
            // One at a time: each changes what there is room for.
        }
    }

    private void DropLate()
    {
        _expired.Clear();
        _schedule.TakeExpired(_time.Now, _expired);
        Give();
        DropHopeless(_time.Now);
    }

    private void DropHopeless(TimeSpan start)
    {
        _expired.Clear();
        _schedule.TakeHopeless(start, _expired);
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
        if (_schedule.Remove(request))
            Pending--;
    }

    private void Report()
    {
        var lease = new LeaseReport(this, Load(), new CostModel(Costs.Measured(), _schedule.Arrived));
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

    private sealed class RunningBatch(string bucket) : OpenBatch<Request>(bucket)
    {
        public TimeSpan Took { get; set; }
    }
}
