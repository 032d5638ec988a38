using System.Diagnostics;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Api;

/// <summary>npm's @grpc/grpc-js, an implementation of its own, with nothing but the repository's proto file.</summary>
internal static class NodeClient
{
    /// <param name="check">One of checks.mjs.</param>
    public static async Task ShouldPass(string check, MinionProcess minion)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "Api", "checks.mjs"),
                Path.Combine(Repository.Root, "protos", "open_inference.proto"),
                minion.Grpc.Authority,
                check,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

        await process.WaitForExitAsync().WaitAsync(Patience.Limit);

        process.ExitCode.ShouldBe(0, string.Concat(await said));
    }
}
