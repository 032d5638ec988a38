using System.Diagnostics;
using System.Globalization;

namespace Espresso.Benchmarks.Load;

/// <summary>Calls until the processes have compiled what they run.</summary>
/// <remarks>
/// The runtime compiles what is called often anew, in the background, on a thread that takes a core from the service: 4 to 6 s of it a process
/// here, which under load are spread over most of a minute. Measured in that time are the compiler and code that is not done yet.
/// </remarks>
internal static class WarmUp
{
    private const string CompilerThread = ".NET Tiered Com"; // a thread's name has 15 letters

    /// <summary>A share of a core that is nothing.</summary>
    private const double Quiet = 0.01;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(120);

    /// <returns>How long it took: until the compilers had nothing to do in two windows one after the other; 8 s where threads cannot be looked at.</returns>
    public static async Task<TimeSpan> Run(int callers, Func<int, Task<bool>> call, IReadOnlyList<Process> processes)
    {
        var begin = Stopwatch.GetTimestamp();
        var quiet = 0;
        var before = CompilerTimes(processes);
        while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < Most && (elapsed < Least || quiet < 2))
        {
            await ClosedLoop.Run(callers, Window, call, processes);
            var now = CompilerTimes(processes);
            var busy = now.Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));
            quiet = busy < Quiet * Window.TotalNanoseconds ? quiet + 1 : 0;
            before = now;
        }

        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>Nanoseconds on a core, by thread; a thread that has ended is gone.</summary>
    private static Dictionary<string, long> CompilerTimes(IReadOnlyList<Process> processes)
    {
        var times = new Dictionary<string, long>();
        foreach (var thread in processes.Select(process => $"/proc/{process.Id}/task").Where(Directory.Exists).SelectMany(Directory.GetDirectories))
        {
            try
            {
                if (File.ReadAllText($"{thread}/comm").TrimEnd() == CompilerThread)
                    times[thread] = long.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended in between.
            }
        }

        return times;
    }
}
