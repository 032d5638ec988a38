using Grpc.Core;

namespace Espresso.Standins.Tests.Contracts;

public sealed class CallOptionsTests
{
    [Fact]
    public void Options_EveryWith_ChangesACopy()
    {
        using var cancellation = new CancellationTokenSource();
        var credentials = CallCredentials.FromInterceptor(static (_, _) => Task.CompletedTask);
        var writeOptions = new WriteOptions(WriteFlags.NoCompress);
        var headers = new Metadata();
        var none = default(CallOptions);

        var all = none.WithHeaders(headers)
            .WithDeadline(DateTime.UnixEpoch)
            .WithCancellationToken(cancellation.Token)
            .WithWriteOptions(writeOptions)
            .WithCredentials(credentials)
            .WithWaitForReady();

        all.Headers.ShouldBeSameAs(headers);
        all.Deadline.ShouldBe(DateTime.UnixEpoch);
        all.CancellationToken.ShouldBe(cancellation.Token);
        all.WriteOptions.ShouldBeSameAs(writeOptions);
        all.Credentials.ShouldBeSameAs(credentials);
        all.IsWaitForReady.ShouldBeTrue();
        all.PropagationToken.ShouldBeNull();
        all.WithWaitForReady(false).IsWaitForReady.ShouldBeFalse();
        none.ShouldBe(new CallOptions());
    }

    [Fact]
    public void Compose_OneCredential_Throws() =>
        Should.Throw<ArgumentException>(
            () => CallCredentials.Compose(CallCredentials.FromInterceptor(static (_, _) => Task.CompletedTask)));
}
