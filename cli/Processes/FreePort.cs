using System.Net;
using System.Net.Sockets;

namespace Espresso.Cli.Processes;

/// <summary>Ports for a coordinator whose address the others must know before it listens, so that all start at once.</summary>
internal static class FreePort
{
    // Below the range that systems hand out by themselves (from 32768 on Linux): nobody is given the port by chance meanwhile.
    private const int Lowest = 20_000;
    private const int Above = 32_000;

    /// <summary>Two different ports on the loopback address on which nobody listens now.</summary>
    public static (int First, int Second) Pair()
    {
        var first = Any(0);
        return (first, Any(first));
    }

    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int Any(int but)
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = Random.Shared.Next(Lowest, Above);
            if (port != but && IsFree(port))
                return port;
        }

        throw new CliException($"no free port between {Lowest} and {Above}");
    }
}
