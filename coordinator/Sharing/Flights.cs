using Espresso.Coordinator.Inference;
using Espresso.Errors;

namespace Espresso.Coordinator.Sharing;

/// <summary>Single flight: what several requests want at one time is done once.</summary>
/// <remarks>
/// The first to come leads: the work runs on its inputs and with its deadline, but in a memory of its own, which all who joined hold until
/// their replies have left. It is cancelled when the last of them has gone, not when the leader has. Each waits with its own deadline.
/// What ended because the leader's time was over is not the followers' failure: the first of them whose time is not over leads anew. The
/// others join that, but who has much more time than the next leader, too, does not wait for one impatient caller after the other.
/// </remarks>
/// <param name="joined">Told of every one who joins what another leads.</param>
/// <param name="whileHeld">True: what is done is joined as long as somebody holds it; false: only while it runs.</param>
internal sealed class Flights<TKey, T>(bool whileHeld, Action joined)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Flight> _flights = [];

    /// <summary>Flights that can be joined now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _flights.Count;
        }
    }

    /// <param name="scope">The caller's own; its memory holds what comes of it.</param>
    /// <param name="work">Run with a scope whose memory and end are the flight's.</param>
    /// <param name="follows">Told when another's work is to be this one's; the work may be its own all the same, if the leader ends before.</param>
    /// <exception cref="FailureException">The work's failure, or the caller's own end.</exception>
    public async Task<(T Value, bool Led)> Join(TKey key, RequestScope scope, Func<RequestScope, Task<T>> work, Action? follows = null)
    {
        for (var again = false; ; again = true)
        {
            var flight = Enter(key, scope, again, out var leads);
            if (leads)
            {
                flight.Landed = Fly(flight, scope, work);
            }
            else
            {
                follows?.Invoke();
                joined();
            }

            try
            {
                var value = await flight.Outcome.Task.WaitAsync(scope.Stop);
                scope.Memory.Keep(new Seat(this, flight));
                return (value, leads);
            }
            catch (OperationCanceledException) when (scope.Over is { } over)
            {
                if (Leave(flight))
                    await flight.Landed; // it was cancelled with us: when we have left, nothing of it is left
                throw new FailureException(over);
            }
            catch (FailureException error) when (!leads && IsTheLeaders(error.Failure, scope.Deadline - flight.Deadline) && scope.Over is null)
            {
                Leave(flight);
            }
            catch
            {
                Leave(flight);
                throw;
            }
        }
    }

    /// <summary>Its end; or a minion that saw no way to meet its deadline, where ours is as much later as was missing. Else everybody would ask, and be refused, in turn.</summary>
    /// <param name="later">Our deadline after the leader's.</param>
    private static bool IsTheLeaders(Failure failure, TimeSpan later) =>
        failure.Kind is FailureKind.Late or FailureKind.Cancelled
        || (failure is { Kind: FailureKind.Overloaded, Reason: Reasons.DeadlineUnmeetable, RetryAfter: { } missing } && later > missing);

    /// <param name="again">A leader's end has failed this caller already: it waits for another only if that has half of its own time, else it leads in its place.</param>
    private Flight Enter(TKey key, RequestScope scope, bool again, out bool leads)
    {
        lock (_gate)
        {
            leads = !_flights.TryGetValue(key, out var flight) || (again && !flight.Outcome.Task.IsCompleted && scope.Deadline - flight.Deadline > scope.Left / 2);
            if (leads)
                _flights[key] = flight = new Flight(key, scope.Deadline);
            flight!.Seats++;
            return flight;
        }
    }

    /// <returns>True: the last one left.</returns>
    private bool Leave(Flight flight)
    {
        lock (_gate)
        {
            if (--flight.Seats > 0)
                return false;
            Close(flight);
        }

        flight.Deserted.Cancel();
        flight.Memory.Dispose();
        return true;
    }

    /// <summary>Nobody joins it any more.</summary>
    private void Close(Flight flight)
    {
        if (_flights.GetValueOrDefault(flight.Key) == flight)
            _flights.Remove(flight.Key);
    }

    private async Task Fly(Flight flight, RequestScope leader, Func<RequestScope, Task<T>> work)
    {
        using var inputs = leader.Memory.Hold();
        using var outputs = flight.Memory.Hold();
        using var scope = leader.ForFlight(flight.Memory, flight.Deserted.Token);
        try
        {
            var value = await work(scope);
            if (!whileHeld)
                End(flight);
            flight.Outcome.SetResult(value);
        }
        catch (Exception error)
        {
            End(flight);
            flight.Outcome.SetException(error);
            _ = flight.Outcome.Task.Exception; // seen, where everybody has left
        }
    }

    private void End(Flight flight)
    {
        lock (_gate)
            Close(flight);
    }

    private sealed class Flight(TKey key, DateTime deadline)
    {
        public TKey Key { get; } = key;

        /// <summary>The leader's.</summary>
        public DateTime Deadline { get; } = deadline;

        /// <summary>Who wants it, or holds what came of it.</summary>
        public int Seats { get; set; }

        public RequestMemory Memory { get; } = new();

        /// <summary>Cancelled when nobody wants it any more; has no timer, so it needs no disposal.</summary>
        public CancellationTokenSource Deserted { get; } = new();

        /// <summary>Done when the work has ended, cancelled or not. Never fails.</summary>
        public Task Landed { get; set; } = Task.CompletedTask;

        public TaskCompletionSource<T> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Kept by a memory, which disposes it once.</summary>
    private sealed class Seat(Flights<TKey, T> flights, Flight flight) : IDisposable
    {
        public void Dispose() => flights.Leave(flight);
    }
}
