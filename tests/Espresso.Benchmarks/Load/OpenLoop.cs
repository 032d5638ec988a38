using System.Diagnostics;
using System.Net;

namespace Espresso.Benchmarks.Load;

/// <summary>What became of one request of an open loop.</summary>
internal enum Answer
{
    Fine,
    Refused,
    Late,
    Failed,
}

/// <param name="At">When it was sent, from the loop's begin.</param>
internal readonly record struct Sent(TimeSpan At, Answer Answer, double Ms, string Why);

/// <summary>Requests at a given rate, whatever becomes of those before: what a crowd does, and a closed loop cannot.</summary>
internal static class OpenLoop
{
    /// <param name="ratePerSecond">The mean; the gaps are exponential, from a fixed seed.</param>
    /// <param name="call">One request.</param>
    /// <param name="over">Ends it before its length is over.</param>
    public static async Task<List<Sent>> Run(double ratePerSecond, TimeSpan length, Func<Task<(Answer Answer, string Why)>> call, CancellationToken over = default)
    {
        var random = new Random(1);
        var running = new List<Task<Sent>>();
        var begin = Stopwatch.GetTimestamp();
        var due = TimeSpan.Zero;
        while (!over.IsCancellationRequested)
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / ratePerSecond);
            if (due >= length)
                break;
            // The timer is coarse: what has come due meanwhile is sent at once, and each counts from its own time.
            if (due - Stopwatch.GetElapsedTime(begin) is { TotalMilliseconds: > 1 } wait)
                await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
            running.Add(Task.Run(() => One(begin, call)));
        }

        return [.. await Task.WhenAll(running)];
    }

    private static async Task<Sent> One(long begin, Func<Task<(Answer Answer, string Why)>> call)
    {
        var start = Stopwatch.GetTimestamp();
        var (answer, why) = await call();
        return new Sent(Stopwatch.GetElapsedTime(begin, start), answer, Stopwatch.GetElapsedTime(start).TotalMilliseconds, why);
    }
}

/// <summary>Posts the picture to coordinators in turn; like a load balancer, it asks the next one where one is gone or draining.</summary>
internal sealed class MeshClient : IDisposable
{
    private readonly HttpClient _client;
    private readonly List<Uri> _coordinators;
    private readonly string _path;
    private readonly byte[] _picture;
    private readonly TimeSpan _deadline;
    private int _turn;

    public MeshClient(IEnumerable<Uri> coordinators, string models, byte[] picture, TimeSpan deadline)
    {
        (_coordinators, _picture, _deadline) = ([.. coordinators], picture, deadline);
        _path = $"/v1/infer?models={models}&deadline_ms={deadline.TotalMilliseconds:0}&shared=false"; // one picture is sent again and again, and each time is to count
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) }) { Timeout = 2 * deadline };
    }

    public void Remove(Uri coordinator)
    {
        lock (_coordinators)
            _coordinators.Remove(coordinator);
    }

    public void Add(Uri coordinator)
    {
        lock (_coordinators)
            _coordinators.Add(coordinator);
    }

    public async Task<(Answer Answer, string Why)> Call()
    {
        var start = Stopwatch.GetTimestamp();
        var first = Next(null);
        var (answer, why, gone) = await Ask(first);
        if (gone)
            (answer, why, _) = await Ask(Next(first));
        return answer == Answer.Fine && Stopwatch.GetElapsedTime(start) > _deadline ? (Answer.Late, "answered after the deadline") : (answer, why);
    }

    public void Dispose() => _client.Dispose();

    private Uri Next(Uri? except)
    {
        lock (_coordinators)
        {
            var coordinator = _coordinators[(int)((uint)_turn++ % (uint)_coordinators.Count)];
            return coordinator == except ? _coordinators[(int)((uint)_turn++ % (uint)_coordinators.Count)] : coordinator;
        }
    }

    private async Task<(Answer Answer, string Why, bool Gone)> Ask(Uri coordinator)
    {
        try
        {
            using var content = new ByteArrayContent(_picture);
            content.Headers.ContentType = new("image/jpeg");
            using var reply = await _client.PostAsync(new Uri(coordinator, _path), content);
            var body = await reply.Content.ReadAsStringAsync();
            return reply.StatusCode switch
            {
                HttpStatusCode.OK => (Answer.Fine, "", false),
                HttpStatusCode.TooManyRequests => (Answer.Refused, body, false),
                HttpStatusCode.GatewayTimeout => (Answer.Late, body, false),
                _ => (Answer.Failed, $"{(int)reply.StatusCode} {body}", body.Contains("\"draining\"", StringComparison.Ordinal)),
            };
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or IOException)
        {
            return (Answer.Failed, error.Message, error is HttpRequestException);
        }
    }
}
