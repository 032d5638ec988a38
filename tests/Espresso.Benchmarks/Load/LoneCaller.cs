using System.Diagnostics;

namespace Espresso.Benchmarks.Load;

/// <summary>One caller, who asks again as soon as he has his answer, and the same work bare, again and again: in turns of half a second.</summary>
/// <remarks>
/// Two long loops one after the other would compare two moods of the machine, whose speed drifts by a tenth within seconds. In turns of a single
/// call each would throw the other's code and data out of the caches: that makes the whole mesh half a millisecond slower, and no caller's day is so.
/// </remarks>
internal static class LoneCaller
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.5);

    /// <param name="bare">The same work with nothing around it; returns when it is done.</param>
    /// <returns>The last: of each turn, its median less that of the bare turn before it.</returns>
    public static async Task<(LoadResult Served, LoadResult Bare, List<double> AddedMs)> Run(
        TimeSpan window, Func<Task<bool>> call, Action bare, IReadOnlyList<Process> processes)
    {
        var (served, alone, added) = (new List<double>(), new List<double>(), new List<double>());
        var failures = 0;
        var before = Usage.Of(processes).Processor;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < window)
        {
            var (bareTurn, servedTurn) = (new List<double>(), new List<double>());
            for (var turn = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(turn) < Turn;)
            {
                var start = Stopwatch.GetTimestamp();
                bare();
                bareTurn.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            for (var turn = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(turn) < Turn;)
            {
                var start = Stopwatch.GetTimestamp();
                if (await call())
                    servedTurn.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                else
                    failures++;
            }

            alone.AddRange(bareTurn);
            served.AddRange(servedTurn);
            if (servedTurn.Count > 0)
                added.Add(Median(servedTurn) - Median(bareTurn));
        }

        var usage = Usage.Of(processes);
        var cores = (usage.Processor - before).TotalMilliseconds / served.Sum();
        return (Result(served, cores, usage.ResidentBytes, failures), Result(alone, 1, 0, 0), added);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static LoadResult Result(List<double> latencies, double cores, long resident, int failures)
    {
        latencies.Sort();
        return new LoadResult(
            1000 / latencies.Average(), latencies[latencies.Count / 2], latencies[(int)(latencies.Count * 0.95)],
            latencies[(int)(latencies.Count * 0.99)], cores, 0, resident, failures);
    }
}
