using Espresso.Standins.Tests.Host;

namespace Espresso.Standins.Tests.Scripts;

/// <summary>The script's one run, shared by the cases.</summary>
public sealed class NodeRun(EchoHost host) : IAsyncLifetime
{
    internal ScriptRun Result { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var proto = Path.Combine(AppContext.BaseDirectory, "Wire", "echo.proto");
        Result = await ScriptRun.Start("node", "checks.mjs", proto, host);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The server under npm's @grpc/grpc-js, an implementation of its own in JavaScript.</summary>
public sealed class NodeClientTests(NodeRun run) : IClassFixture<NodeRun>
{
    [Theory]
    [MemberData(nameof(Checks.All), MemberType = typeof(Checks))]
    public void GrpcJs_Check_Passes(string check) => run.Result.ShouldHavePassed(check);
}
