using Espresso.Coordinator.Admission;
using Espresso.Errors;

namespace Espresso.Coordinator.Tests.Admission;

public sealed class RequestGateTests : IDisposable
{
    private readonly CoordinatorMetrics _metrics = new();
    private readonly RequestGate _gate;

    public RequestGateTests() => _gate = new RequestGate(new CoordinatorOptions { MaxRequests = 2, MaxMebibytes = 64 }, _metrics);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Gate_Full_RefusesUntilOneLeaves()
    {
        var first = Enter();
        Enter();
        _gate.TryEnter(out _, out var refusal).ShouldBeFalse();
        refusal!.Kind.ShouldBe(FailureKind.Overloaded);
        first.Dispose();
        first.Dispose();
        _gate.InFlight.ShouldBe(1);
        Enter();
    }

    [Fact]
    public void Bytes_AboveTheCap_AreRefusedAndComeBackWithTheTicket()
    {
        using (var ticket = Enter())
        {
            ticket.TryHold(60 << 20, out _).ShouldBeTrue();
            ticket.TryHold(5 << 20, out var refusal).ShouldBeFalse();
            refusal!.Reason.ShouldBe(Reasons.QueueFull);
            ticket.Hold(10 << 20);
            _gate.Bytes.ShouldBe(70 << 20);
        }

        _gate.Bytes.ShouldBe(0);
    }

    [Fact]
    public async Task Gate_Closed_RefusesAndIsEmptyWhenTheLastHasLeft()
    {
        var ticket = Enter();
        var empty = _gate.Close();
        _gate.TryEnter(out _, out var refusal).ShouldBeFalse();
        refusal!.Reason.ShouldBe(Reasons.Draining);
        refusal.RetryAfter.ShouldNotBeNull();
        empty.IsCompleted.ShouldBeFalse();
        ticket.Dispose();
        await empty;
    }

    [Fact]
    public async Task Past_IsDoneWhenThoseWhoWereInsideHaveLeft()
    {
        await _gate.Past();
        var first = Enter();
        var past = _gate.Past();
        var later = Enter();
        var both = _gate.Past();
        first.Dispose();
        await past;
        both.IsCompleted.ShouldBeFalse();
        later.Dispose();
        await both;
    }

    [Fact]
    public async Task Past_DoesNotWaitForThoseWhoComeLater()
    {
        var first = Enter();
        var past = _gate.Past();
        var later = Enter();
        later.Dispose();
        Enter();
        past.IsCompleted.ShouldBeFalse();
        first.Dispose();
        await past;
    }

    [Fact]
    public void Gate_WhateverComesAndLeaves_HoldsNoMoreThanItsCapsAndLosesNothing() => Seeds.Check(100, random =>
    {
        using var metrics = new CoordinatorMetrics();
        var gate = new RequestGate(new CoordinatorOptions { MaxRequests = 5, MaxMebibytes = 64 }, metrics);
        var (inside, pasts) = (new List<(RequestTicket Ticket, long Bytes)>(), new List<(Task Task, HashSet<RequestTicket> Awaited)>());
        for (var i = 0; i < 200; i++)
        {
            var at = random.Next(Math.Max(1, inside.Count));
            switch (random.Next(5))
            {
                case 0:
                    gate.TryEnter(out var ticket, out _).ShouldBe(inside.Count < 5);
                    if (ticket is not null)
                        inside.Add((ticket, 0));
                    break;
                case 1 or 2 when inside.Count > 0:
                    var bytes = (long)random.Next(40 << 20);
                    var fits = inside.Sum(one => one.Bytes) + bytes <= 64 << 20;
                    inside[at].Ticket.TryHold(bytes, out _).ShouldBe(fits);
                    if (fits)
                        inside[at] = (inside[at].Ticket, inside[at].Bytes + bytes);
                    break;
                case 3 when inside.Count > 0:
                    inside[at].Ticket.Dispose();
                    pasts.ForEach(past => past.Awaited.Remove(inside[at].Ticket));
                    inside.RemoveAt(at);
                    break;
                default:
                    pasts.Add((gate.Past(), [.. inside.Select(one => one.Ticket)]));
                    break;
            }

            gate.InFlight.ShouldBe(inside.Count);
            gate.Bytes.ShouldBe(inside.Sum(one => one.Bytes));
            gate.Bytes.ShouldBeLessThanOrEqualTo(64 << 20);
            pasts.ShouldAllBe(past => past.Task.IsCompleted == (past.Awaited.Count == 0));
        }
    });

    private RequestTicket Enter()
    {
        _gate.TryEnter(out var ticket, out var refusal).ShouldBeTrue(refusal?.Message);
        return ticket!;
    }
}
