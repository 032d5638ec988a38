using System.Diagnostics;
using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;

namespace Espresso.Standins.Tests.Scripts;

/// <summary>The script's one run, shared by the cases; none where Debian's grpcio is not installed.</summary>
public sealed class PythonRun(EchoHost host) : IAsyncLifetime
{
    private const string Python = "/usr/bin/python3";

    internal ScriptRun? Result { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!await HasGrpc())
            return;

        var contract = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(contract, EchoReflection.Descriptor.SerializedData.ToByteArray());
            Result = await ScriptRun.Start(Python, "checks.py", contract, host);
        }
        finally
        {
            File.Delete(contract);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<bool> HasGrpc()
    {
        if (!File.Exists(Python))
            return false;

        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import grpc, google.protobuf"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}

/// <summary>The server under Debian's python3-grpcio, which is gRPC's C core.</summary>
public sealed class PythonClientTests(PythonRun run) : IClassFixture<PythonRun>
{
    private static readonly bool IsCi = Environment.GetEnvironmentVariable("CI") == "true";

    [Theory]
    [MemberData(nameof(Checks.All), MemberType = typeof(Checks))]
    public void CCore_Check_Passes(string check)
    {
        // CI installs it, so there its absence is a failure.
        Assert.SkipWhen(run.Result is null && !IsCi, "Debian's python3-grpcio is not installed.");
        run.Result.ShouldNotBeNull("Debian's python3-grpcio is not installed, and this is CI.");
        run.Result.ShouldHavePassed(check);
    }
}
