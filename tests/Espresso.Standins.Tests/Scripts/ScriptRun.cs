using System.Diagnostics;
using System.Text.Json;
using Espresso.Standins.Tests.Host;

namespace Espresso.Standins.Tests.Scripts;

/// <summary>One run of a client script through all checks.</summary>
internal sealed class ScriptRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, string?> _errors;
    private readonly string _otherOutput;

    private ScriptRun(Dictionary<string, string?> errors, string otherOutput)
    {
        _errors = errors;
        _otherOutput = otherOutput;
    }

    public static async Task<ScriptRun> Start(string program, string script, string contract, EchoHost host)
    {
        var certificate = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(certificate, host.CertificatePem);
            string[] arguments =
            [
                Path.Combine(AppContext.BaseDirectory, "Scripts", script),
                contract,
                host.Plain.Authority,
                host.Tls.Port.ToString(),
                certificate,
                .. Checks.Names,
            ];
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            return await ReadResults(process);
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    public void ShouldHavePassed(string check)
    {
        _errors.ShouldContainKey(check, $"{check} did not report. Other output:\n{_otherOutput}");
        _errors[check].ShouldBeNull();
    }

    private static async Task<ScriptRun> ReadResults(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var standardError = process.StandardError.ReadToEndAsync(limit.Token);
            var errors = new Dictionary<string, string?>();
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                var result = JsonSerializer.Deserialize<Result>(line, JsonSerializerOptions.Web)!;
                errors.Add(result.Check, result.Error);
            }

            return new ScriptRun(errors, await standardError);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private sealed record Result(string Check, string? Error);
}
