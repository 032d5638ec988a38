using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Espresso.Benchmarks.Serving;

/// <summary>As many connections as there are callers at once; each is one caller's for the length of a call, whose thread it blocks.</summary>
/// <param name="call">One request; false counts as a failure, as an end of the connection does.</param>
internal sealed class CallerConnections<T>(Func<T> open, Func<T, bool> call) : IDisposable
    where T : class, IDisposable
{
    private readonly ConcurrentBag<T> _free = [];

    public Task<bool> Call()
    {
        T? connection = null;
        try
        {
            if (!_free.TryTake(out connection))
                connection = open();
            var fine = call(connection);
            _free.Add(connection);
            return Task.FromResult(fine);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            connection?.Dispose();
            return Task.FromResult(false);
        }
    }

    public void Dispose()
    {
        foreach (var connection in _free)
            connection.Dispose();
    }
}
