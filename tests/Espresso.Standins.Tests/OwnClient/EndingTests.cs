using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>The ways in which a call ends: deadlines, cancellation, statuses with their details and trailers.</summary>
public sealed class EndingTests(EchoHost host) : IDisposable
{
    private readonly GrpcChannel _channel = host.OpenChannel();
    private readonly HangRequest _hang = new() { Id = Guid.NewGuid().ToString() };

    private Echo.EchoClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Deadline_Passed_EndsTheCallOnBothSides()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2);

        var failure = await Should.ThrowAsync<RpcException>(async () => await Client.HangAsync(_hang, deadline: deadline));

        failure.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await Client.AwaitEndAsync(_hang);
    }

    [Fact]
    public async Task Deadline_Given_ReachesTheServer()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(40);

        var description = await Client.DescribeAsync(new Message(), deadline: deadline);

        description.MillisecondsLeft.ShouldBeInRange(20_000, 40_000);
    }

    [Fact]
    public async Task Deadline_None_IsTheEndOfTime() =>
        (await Client.DescribeAsync(new Message())).MillisecondsLeft.ShouldBe(-1);

    [Fact]
    public async Task Token_CancelledDuringUnary_EndsTheCallOnBothSides()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = Client.HangAsync(_hang, cancellationToken: cancellation.Token);
        await Client.AwaitStartAsync(_hang);

        await cancellation.CancelAsync();

        var failure = await Should.ThrowAsync<RpcException>(call.ResponseAsync);
        failure.StatusCode.ShouldBe(StatusCode.Cancelled);
        (await Client.AwaitEndAsync(_hang)).DeadlinePassed.ShouldBeFalse();
    }

    [Fact]
    public async Task Token_CancelledDuringStreaming_EndsTheCallOnBothSides()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = Client.HangStreaming(_hang, cancellationToken: cancellation.Token);
        (await call.ResponseStream.MoveNext()).ShouldBeTrue();

        await cancellation.CancelAsync();

        var failure = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext());
        failure.StatusCode.ShouldBe(StatusCode.Cancelled);
        (await Client.AwaitEndAsync(_hang)).DeadlinePassed.ShouldBeFalse();
    }

    [Fact]
    public async Task Call_DisposedBeforeItsEnd_IsCancelledOnTheServer()
    {
        using (var call = Client.HangStreaming(_hang))
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();

        (await Client.AwaitEndAsync(_hang)).DeadlinePassed.ShouldBeFalse();
    }

    [Fact]
    public async Task Channel_DisposedDuringACall_CancelsItOnTheServer()
    {
        using var channel = host.OpenChannel();
        using var call = new Echo.EchoClient(channel).HangStreaming(_hang);
        (await call.ResponseStream.MoveNext()).ShouldBeTrue();

        channel.Dispose();

        await Client.AwaitEndAsync(_hang);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Status_EveryCode_ArrivesWithItsDetail(StatusCode code)
    {
        var request = new AnswerRequest { Code = (int)code, Detail = $"zu groß: 10 % über „Grenze“ 🦊\n{code}" };

        var failure = await Should.ThrowAsync<RpcException>(async () => await Client.AnswerAsync(request));

        failure.Status.ShouldBe(new Status(code, request.Detail));
    }

    [Fact]
    public async Task Status_WithTrailers_ArrivesWithTextAndBytes()
    {
        var details = ByteString.CopyFrom(0, 1, 2, 253, 254, 255);
        var request = new AnswerRequest
        {
            Code = (int)StatusCode.Aborted,
            Trailers =
            {
                new Header { Key = "grpc-status-details-bin", Binary = details },
                new Header { Key = "reason", Text = "conflict" },
            },
        };

        var failure = await Should.ThrowAsync<RpcException>(async () => await Client.AnswerAsync(request));

        failure.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe(details.ToByteArray());
        failure.Trailers.GetValue("reason").ShouldBe("conflict");
    }

    [Fact]
    public async Task Exception_NotOfRpc_IsUnknownAndKeepsItsTextToItself()
    {
        var failure = await Should.ThrowAsync<RpcException>(async () => await Client.CrashAsync(new Message()));

        failure.StatusCode.ShouldBe(StatusCode.Unknown);
        failure.Status.Detail.ShouldNotContain("Crashed as asked");
    }

    [Fact]
    public async Task Method_UnknownToTheServer_IsUnimplemented()
    {
        var missing = new Missing.MissingClient(_channel);

        var failure = await Should.ThrowAsync<RpcException>(async () => await missing.UnaryAsync(new Message()));

        failure.StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    public static TheoryData<StatusCode> Failures() => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];
}
