using System.Globalization;

namespace Espresso.Cli.Checking;

/// <summary>The most memory that a process has had resident since the last <see cref="Reset"/>. Linux.</summary>
internal sealed class ProcessMemory(int process)
{
    // proc(5): 5 sets the peak back to what is resident now.
    private const string ResetPeak = "5";

    public void Reset() => File.WriteAllText($"/proc/{process}/clear_refs", ResetPeak);

    public int PeakMb()
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        var kilobytes = long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return (int)Math.Ceiling(kilobytes / 1024.0);
    }
}
