using System.Diagnostics;

namespace Espresso.Benchmarks.Load;

/// <summary>One caller who asks the served thing and does the same work bare, in turns of one request each.</summary>
/// <remarks>
/// Two loops one after the other would compare two moods of the machine: its speed drifts by a tenth within seconds, and a core that has
/// rested for a millisecond computes slower than one that has not. So the difference is taken pair by pair, and its median counts.
/// </remarks>
internal static class LoneCaller
{
    /// <param name="bare">The same work with nothing around it; returns when it is done.</param>
    public static async Task<(LoadResult Served, LoadResult Bare, List<double> AddedMs)> Run(
        TimeSpan window, Func<Task<bool>> call, Action bare, IReadOnlyList<Process> processes)
    {
        var (served, alone, added) = (new List<double>(), new List<double>(), new List<double>());
        var failures = 0;
        var before = Usage.Of(processes).Processor;
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < window)
        {
            var start = Stopwatch.GetTimestamp();
            bare();
            var between = Stopwatch.GetTimestamp();
            if (!await call())
            {
                failures++;
                continue;
            }

            alone.Add(Stopwatch.GetElapsedTime(start, between).TotalMilliseconds);
            served.Add(Stopwatch.GetElapsedTime(between).TotalMilliseconds);
            added.Add(served[^1] - alone[^1]);
        }

        var usage = Usage.Of(processes);
        var cores = (usage.Processor - before).TotalMilliseconds / served.Sum();
        return (Result(served, cores, usage.ResidentBytes, failures), Result(alone, 1, 0, 0), added);
    }

    private static LoadResult Result(List<double> latencies, double cores, long resident, int failures)
    {
        latencies.Sort();
        return new LoadResult(
            1000 / latencies.Average(), latencies[latencies.Count / 2], latencies[(int)(latencies.Count * 0.95)],
            latencies[(int)(latencies.Count * 0.99)], cores, 0, resident, failures);
    }
}
