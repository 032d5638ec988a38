using System.Security.Cryptography;
using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>Every kind of call, large messages and many calls, with Grpc.Net.Client on the stand-ins.</summary>
public sealed class CallKindTests(EchoHost host) : IDisposable
{
    private readonly GrpcChannel _channel = host.OpenChannel();

    private Echo.EchoClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Unary_Body_ComesBack()
    {
        using var call = Client.UnaryAsync(Text("grüße"));

        var answer = await call;

        answer.Body.ToStringUtf8().ShouldBe("grüße");
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        (await call.ResponseHeadersAsync).ShouldNotBeNull();
        (await call.ConfigureAwait(false)).ShouldBeSameAs(answer);
    }

    [Fact]
    public void BlockingUnary_Body_ComesBack() =>
        Client.Unary(Text("blocking")).Body.ToStringUtf8().ShouldBe("blocking");

    [Fact]
    public async Task ClientStreaming_AllBodies_ComeJoined()
    {
        using var call = Client.Collect();
        for (var i = 0; i < 100; i++)
            await call.RequestStream.WriteAsync(Text($"{i},"), TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();

        (await call).Body.ToStringUtf8().ShouldBe(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},")));
    }

    [Fact]
    public async Task ServerStreaming_Body_ComesAsOftenAsAsked()
    {
        using var call = Client.Repeat(new RepeatRequest { Body = ByteString.CopyFromUtf8("x"), Times = 500 });

        var bodies = new List<string>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            bodies.Add(message.Body.ToStringUtf8());

        bodies.ShouldBe(Enumerable.Repeat("x", 500));
    }

    [Fact]
    public async Task Duplex_EachBody_ComesBackBeforeTheNextIsSent()
    {
        using var call = Client.Chat();
        for (var i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync(Text($"ping {i}"));
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();
            call.ResponseStream.Current.Body.ToStringUtf8().ShouldBe($"ping {i}");
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext()).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task Unary_SixteenMebibytes_ComeBackWhole()
    {
        var body = RandomNumberGenerator.GetBytes(16 * 1024 * 1024);

        var answer = await Client.UnaryAsync(new Message { Body = ByteString.CopyFrom(body) });

        answer.Body.Span.SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public async Task Unary_MoreThanTheServerTakes_IsResourceExhausted()
    {
        var request = new Message { Body = ByteString.CopyFrom(new byte[17 * 1024 * 1024]) };

        var failure = await Should.ThrowAsync<RpcException>(async () => await Client.UnaryAsync(request));

        failure.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Unary_AThousandAtOnce_AreAllInFlightTogether()
    {
        // The server answers none of them before it holds all of them.
        var request = new GatherRequest { Id = Guid.NewGuid().ToString(), Expected = 1000 };
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(_ => Client.GatherAsync(request, options).ResponseAsync));

        answers.ShouldAllBe(answer => answer.Body.ToStringUtf8() == request.Id);
    }

    private static Message Text(string text) => new() { Body = ByteString.CopyFromUtf8(text) };
}
