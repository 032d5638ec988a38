using Espresso.Cli.Packages;

namespace Espresso.Cli.Commands;

internal static class NetworkFetch
{
    public static Task Run(ModelPackage package, Action<string> progress, CancellationToken cancellation) =>
        throw new CliException("not yet");
}
