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

    /// <summary>As the router has it.</summary>
    private const int Attempts = 2;

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
    }

    public void Arrive(Request request)
    {
        _tally.Offered(request, _time.Now);
        if (_admission.TryAdmit(request, _time.Now) is { } reason)
        {
            request.Over = true;
            _tally.Refused(request, reason, _time.Now);
            return;
        }

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
        request.At.Send(request);
    }

    private void End(Request request, Outcome outcome)
    {
        var replica = request.At!.Index;
        if (outcome != Outcome.Broken && request.Load.Instances > 0)
            _routing.Report(replica, request.Load, costs: null, _time.Now);
        if (request.Over)
            return; // given up at its deadline
        _routing.Exit(request, replica);
        if (outcome is Outcome.Refused or Outcome.Broken && request.Attempts < Attempts)
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

    private void GiveUp(Request request)
    {
        if (request.Over)
            return;
        _routing.Exit(request, request.At!.Index);
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
