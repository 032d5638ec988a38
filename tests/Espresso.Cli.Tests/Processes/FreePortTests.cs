using System.Net;
using System.Net.Sockets;
using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Processes;

public sealed class FreePortTests
{
    [Fact]
    public void Pair_TwoPorts_AreFreeAndDifferent()
    {
        var (first, second) = FreePort.Pair();

        first.ShouldNotBe(second);
        FreePort.IsFree(first).ShouldBeTrue();
        FreePort.IsFree(second).ShouldBeTrue();
    }

    [Fact]
    public void IsFree_SomebodyListens_IsFalse()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        FreePort.IsFree(((IPEndPoint)listener.LocalEndpoint).Port).ShouldBeFalse();
    }
}
