using Espresso.Cli.Fetching;
using Espresso.Cli.Packages;

namespace Espresso.Cli.Commands;

/// <summary>Fetching as the commands do it: over the network, into the user's cache.</summary>
internal static class NetworkFetch
{
    public static async Task Run(ModelPackage package, Action<string> progress, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; // the download watches for a standstill itself
        var fetcher = new NetworkFetcher(new Download(client, TimeProvider.System), NpmTarball.Find, NetworkFetcher.DefaultCache());
        await fetcher.Fetch(package, progress, cancellation);
    }
}
