using Microsoft.AspNetCore.Hosting;

namespace Espresso.Wire;

/// <summary>Sockets whose completions run on the thread that polls them, without a hand-over to the thread pool.</summary>
/// <remarks>
/// For processes whose handlers only parse and enqueue: nothing may block there. Measured (2026-11-22, two cores, a simulated device at one
/// caller): a fifth less processor time a request and 0.1 to 0.2 ms less, together with a thread pool that does not spin.
/// </remarks>
public static class InlineSockets
{
    /// <summary>Must come before the process's first socket: the runtime reads the variable once.</summary>
    public static void Enable() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

    /// <summary>The server's side of it. Each connection holds a block to read into, which saves a system call before every read.</summary>
    public static IWebHostBuilder UseInlineSockets(this IWebHostBuilder web) => web.UseSockets(sockets =>
    {
        sockets.UnsafePreferInlineScheduling = true;
        sockets.WaitForDataBeforeAllocatingBuffer = false;
    });
}
