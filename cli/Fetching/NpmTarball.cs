using System.Diagnostics;
using System.Text.Json;

namespace Espresso.Cli.Fetching;

/// <summary>Where npm says a package's file is, and its checksum.</summary>
/// <param name="Integrity">"sha512-" and the sum in base64.</param>
internal sealed record NpmTarball(Uri Address, string Integrity)
{
    /// <summary>Asks the npm client, which knows the registry, the proxy and what else was configured.</summary>
    /// <exception cref="CliException">npm is missing, or does not find it.</exception>
    public static async Task<NpmTarball> Find(string package, string version, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("npm", ["view", "--json", "--", $"{package}@{version}", "dist"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var npm = Process.Start(start)!;
            await using var ended = cancellation.Register(() => npm.Kill(entireProcessTree: true));
            var output = npm.StandardOutput.ReadToEndAsync(cancellation);
            var errors = npm.StandardError.ReadToEndAsync(cancellation);
            await npm.WaitForExitAsync(cancellation);
            if (npm.ExitCode != 0)
                throw new CliException($"npm does not find {package} {version}: {Reason(await errors)}");
            using var dist = JsonDocument.Parse(await output);
            return new NpmTarball(
                new Uri(dist.RootElement.GetProperty("tarball").GetString()!), dist.RootElement.GetProperty("integrity").GetString()!);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new CliException("npm is missing; it comes with Node.js", error);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException)
        {
            throw new CliException($"npm's answer about {package} {version} is not understood: {error.Message}", error);
        }
    }

    private static string Reason(string errors) =>
        errors.Split('\n').FirstOrDefault(line => line.Contains("ERR", StringComparison.OrdinalIgnoreCase) || line.Contains("error", StringComparison.OrdinalIgnoreCase))?.Trim()
        ?? "no reason given";
}
