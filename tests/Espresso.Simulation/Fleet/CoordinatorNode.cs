using Espresso.Coordinator.Registry;
using Espresso.Simulation.Engine;
using Espresso.Simulation.Measures;
using Espresso.Simulation.Policies;

namespace Espresso.Simulation.Fleet;

/// <summary>A coordinator: admits, sends, tries once more elsewhere, gives up at the deadline. Its policies are the real ones or comparators.</summary>
internal sealed class CoordinatorNode : Actor
{
    public const int CameBack = 0;
    public const int Reported = 1;
    public const int LeaseBroke = 2;
    private const int DeadlineOver = 3;
    private const int CheckLeases = 4;
    private const int SilenceDue = 5;

    /// <summary>As the router has it.</summary>
    private const int Attempts = 3;

    /// <summary>As the router has it: a call is late without need if it was forecast to take no more than this share of its time.</summary>
    private const double EasilyInTime = 0.5;

    /// <summary>As the router's watch has it, where a call may not leave.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    private readonly FleetOptions _options;
    private readonly VirtualTime _time;
    private readonly IReadOnlyList<MinionNode> _minions;
    private readonly Routing _routing;
    private readonly IAdmission _admission;
    private readonly Tally _tally;
    private readonly TimeSpan[] _heard;
    private readonly bool[] _left;

    public CoordinatorNode(FleetOptions options, VirtualTime time, IReadOnlyList<MinionNode> minions, Random choices, Tally tally)
    {
        (_options, _time, _minions, _tally) = (options, time, minions, tally);
        _routing = options.Stack.Routing(options, choices);
        _admission = options.Stack.Admission(options, time);
        _heard = new TimeSpan[minions.Count];
        _left = new bool[minions.Count];
        _time.At(options.LeaseExpiry, this, CheckLeases);
        for (var replica = options.First; replica < minions.Count; replica++)
            Lose(replica); // they have not begun
    }

    public TimeSpan Demand => _admission.Demand;

    public void Arrive(Request request)
    {
        _tally.Offered(request, _time.Now);
        if (_admission.TryAdmit(request, _time.Now) is { } reason)
        {
            request.Over = true;
            _tally.Refused(request, reason, _time.Now);
            return;
        }

        _routing.Route.Earn();
        _time.At(request.Due, this, DeadlineOver, request);
        Send(request, except: -1);
    }

    public override void On(int what, object? with, long tag)
    {
        switch (what)
        {
            case CameBack:
                End((Request)with!, (Outcome)tag);
                break;
            case Reported:
                Hear((LeaseReport)with!);
                break;
            case LeaseBroke:
                Lose((int)tag);
                break;
            case DeadlineOver:
                GiveUp((Request)with!);
                break;
            case SilenceDue:
                LookAt((Request)with!, (int)tag);
                break;
            case CheckLeases:
                LoseSilent();
                break;
        }
    }

    private void Send(Request request, int except)
    {
        var replica = _routing.Enter(request, except, _time.Now);
        if (replica < 0)
        {
            Finish(request);
            _tally.Failed(request, _time.Now);
            return;
        }

        request.Attempts++;
        request.At = _minions[replica];
        request.Sent = _time.Now;
        request.Forecast = _routing[replica].ForecastFinish(request.Bucket, 0, _time.Now);
        request.At.Send(request);
        if (_routing.Watches)
            _time.At(SilentAt(request), this, SilenceDue, request, request.Attempts);
    }

    private void End(Request request, Outcome outcome)
    {
        var replica = request.At!.Index;
        if (outcome != Outcome.Broken && request.Load.Instances > 0 && _routing.Report(replica, request.Load, costs: null, _time.Now))
            _admission.Report(replica, _routing[replica]);
        if (request.Over)
            return; // given up at its deadline
        _routing.Exit(request, replica, EndOf(outcome), _time.Now);
        if (outcome is Outcome.Refused or Outcome.Broken && request.Attempts < Attempts && _routing.HasOther(replica, _time.Now) && _routing.Route.Retries.TrySpend(_time.Now))
        {
            _tally.Retried();
            Send(request, except: replica);
            return;
        }

        Finish(request);
        switch (outcome)
        {
            case Outcome.Answered:
                _tally.Answered(request, _time.Now);
                break;
            case Outcome.Refused:
                _tally.Refused(request, "queue_full_at_minion", _time.Now);
                break;
            case Outcome.Expired:
                _tally.Late(request, _time.Now);
                break;
            case Outcome.Broken:
                _tally.Failed(request, _time.Now);
                break;
        }
    }

    private static CallEnd EndOf(Outcome outcome) => outcome switch
    {
        Outcome.Answered => CallEnd.Answered,
        Outcome.Refused => CallEnd.Refused,
        Outcome.Broken => CallEnd.Failed,
        _ => CallEnd.NoWord,
    };

    private TimeSpan SilentAt(Request request) => _routing[request.At!.Index].SilentAt((request.Due - request.Sent) / 2);

    /// <summary>A call whose replica has fallen silent goes elsewhere, if it may.</summary>
    private void LookAt(Request request, int attempt)
    {
        if (request.Over || request.Attempts != attempt)
            return;
        var replica = request.At!.Index;
        var silent = SilentAt(request);
        if (silent > _time.Now)
        {
            _time.At(silent, this, SilenceDue, request, attempt);
            return;
        }

        if (attempt >= Attempts || !_routing.HasOther(replica, _time.Now) || !_routing.Route.Retries.TrySpend(_time.Now))
        {
            if (_time.Now + AskAgain < request.Due)
                _time.At(_time.Now + AskAgain, this, SilenceDue, request, attempt);
            return;
        }

        _routing.Exit(request, replica, CallEnd.Failed, _time.Now);
        request.At.Cancel(request);
        request.Over = true;
        var again = request.Again();
        request.Reservation = null;
        _time.At(again.Due, this, DeadlineOver, again);
        _tally.Retried();
        Send(again, except: replica);
    }

    private void GiveUp(Request request)
    {
        if (request.Over)
            return;
        var easily = request.Forecast < (request.Due - request.Sent) * EasilyInTime;
        _routing.Exit(request, request.At!.Index, easily ? CallEnd.Failed : CallEnd.NoWord, _time.Now);
        if (_options.Stack.Batching.KnowsDeadlines)
            request.At.Cancel(request);
        Finish(request);
        _tally.Late(request, _time.Now);
    }

    private void Finish(Request request)
    {
        request.Over = true;
        _admission.Release(request);
    }

    private void Hear(LeaseReport report)
    {
        var replica = report.Minion.Index;
        _heard[replica] = _time.Now;
        if (_left[replica])
        {
            _left[replica] = false;
            _routing.Joined(replica);
        }

        _routing.Report(replica, report.Load, report.Costs, _time.Now);
        _admission.Report(replica, _routing[replica]);
    }

    private void Lose(int replica)
    {
        if (_left[replica])
            return;
        _left[replica] = true;
        _routing.Left(replica);
        _admission.Left(replica);
    }

    private void LoseSilent()
    {
        for (var replica = 0; replica < _heard.Length; replica++)
        {
            if (_time.Now - _heard[replica] > _options.LeaseExpiry)
                Lose(replica);
        }

        _time.At(_time.Now + _options.ReportEvery, this, CheckLeases);
    }
}
