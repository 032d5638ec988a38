using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Espresso.Benchmarks.Chaos;

/// <summary>Signals to processes that this program has started.</summary>
internal static partial class Signals
{
    private const int Kill = 9;
    private const int Term = 15;
    private const int Cont = 18;
    private const int Stop = 19;

    public static void Kill9(Process process) => Send(process, Kill);

    public static void Terminate(Process process) => Send(process, Term);

    public static void Freeze(Process process) => Send(process, Stop);

    public static void Thaw(Process process) => Send(process, Cont);

    private static void Send(Process process, int signal)
    {
        if (SendSignal(process.Id, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
