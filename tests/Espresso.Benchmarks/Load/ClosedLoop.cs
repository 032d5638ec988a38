using System.Diagnostics;

namespace Espresso.Benchmarks.Load;

/// <summary>Callers that each wait for an answer before they ask again.</summary>
internal static class ClosedLoop
{
    private static readonly TimeSpan RampUp = TimeSpan.FromSeconds(0.5);

    /// <param name="call">One request; false counts as a failure. It may block: every caller has a thread.</param>
    /// <param name="processes">Those that serve, for their processor time and memory.</param>
    public static async Task<LoadResult> Run(int callers, TimeSpan window, Func<int, Task<bool>> call, IReadOnlyList<Process> processes)
    {
        var begin = Stopwatch.GetTimestamp() + (long)(RampUp.TotalSeconds * Stopwatch.Frequency);
        var end = begin + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var loops = Enumerable.Range(0, callers).Select(caller => Task.Factory.StartNew(
            () => Loop(caller, begin, end, call), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToList();
        await Task.Delay(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), begin), TimeProvider.System);
        var (served, own) = (Usage.Of(processes), Usage.OfThis());
        var from = Stopwatch.GetTimestamp();
        var latencies = (await Task.WhenAll(loops)).SelectMany(caller => caller.Latencies).ToList();
        var wall = Stopwatch.GetElapsedTime(from);
        var failures = loops.Sum(loop => loop.Result.Failures);
        latencies.Sort();
        return new LoadResult(
            latencies.Count / window.TotalSeconds, At(latencies, 0.5), At(latencies, 0.95), At(latencies, 0.99),
            (Usage.Of(processes).Processor - served.Processor) / wall, (Usage.OfThis().Processor - own.Processor) / wall,
            Usage.Of(processes).ResidentBytes, failures);
    }

    /// <summary>Only answers that arrive inside the window count, so the tail of the last calls adds nothing.</summary>
    private static async Task<(List<double> Latencies, int Failures)> Loop(int caller, long begin, long end, Func<int, Task<bool>> call)
    {
        var latencies = new List<double>(4096);
        var failures = 0;
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            if (start >= end)
                return (latencies, failures);
            var fine = await call(caller);
            var now = Stopwatch.GetTimestamp();
            if (now < begin || now >= end)
                continue;
            if (fine)
                latencies.Add(Stopwatch.GetElapsedTime(start, now).TotalMilliseconds);
            else
                failures++;
        }
    }

    private static double At(List<double> sorted, double quantile) =>
        sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, Math.Floor(sorted.Count * quantile))];
}

/// <summary>Processor time and memory of processes.</summary>
internal readonly record struct Usage(TimeSpan Processor, long ResidentBytes)
{
    public static Usage Of(IReadOnlyList<Process> processes)
    {
        var (processor, resident) = (TimeSpan.Zero, 0L);
        foreach (var process in processes)
        {
            process.Refresh();
            processor += process.TotalProcessorTime;
            resident += process.WorkingSet64;
        }

        return new Usage(processor, resident);
    }

    public static Usage OfThis()
    {
        using var self = Process.GetCurrentProcess();
        return Of([self]);
    }
}
